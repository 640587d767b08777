# PixelLab's server: docker build -t pixellab .
#
# It needs no writable file system but /data, and no user but its own. What it is made with can be
# changed, for example with Google's Gemini and the networks that check what it draws:
#   docker build --build-arg EXTRAS=server,s3,mysql,heif,gemini \
#     --build-arg MODELS="u2netp text-detection text-recognition" -t pixellab .

FROM debian:trixie-slim AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
ARG EXTRAS=server,s3,mysql,heif
ARG MODELS=u2netp
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv
ENV PATH=/opt/uv/bin:$PATH
WORKDIR /source
COPY requirements-dev.lock pyproject.toml README.md LICENSE ./
COPY src ./src
# The versions that the tests ran with. Bytecode is made here, since nothing can be written later.
RUN uv venv /opt/pixellab \
    && uv pip install --python /opt/pixellab --no-cache --compile-bytecode \
        --constraint requirements-dev.lock --build-constraints requirements-dev.lock ".[${EXTRAS}]"
# Finds the product in cut-outs.
RUN PIXELLAB_MODELS=/opt/models /opt/pixellab/bin/pixellab models pull ${MODELS}

FROM base
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data pixellab \
    && install --directory --owner=pixellab --group=pixellab --mode=0700 /data
COPY --from=build /opt/pixellab /opt/pixellab
COPY --from=build /opt/models /opt/models
ENV PATH=/opt/pixellab/bin:$PATH \
    PIXELLAB_HOST=0.0.0.0 \
    PIXELLAB_PORT=8000 \
    PIXELLAB_DATA_DIR=/data \
    PIXELLAB_MODELS=/opt/models \
    PIXELLAB_FETCH_MODELS=false
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PIXELLAB_PORT\"]}/health/ready', timeout=4)"]
ENTRYPOINT ["pixellab"]
CMD ["serve"]
