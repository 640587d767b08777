// Runs jobs through sharp and prints one JSON line per job, then one with the total time.
// Input on stdin: {"workers": 2, "threads": 1, "jobs": [{"input", "output"?, "mode", "quality", "chroma"?}]}
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";

const { workers, threads, jobs } = JSON.parse(readFileSync(0, "utf8"));
sharp.concurrency(threads);
sharp.cache(false);

const WHITE = { r: 255, g: 255, b: 255 };

const work = {
  // The product trimmed, centred on a white square of 2000 pixels, filling 85% of it.
  standardize: (image, { quality }) =>
    image
      .rotate()
      .trim({ threshold: 12 })
      .resize(1700, 1700, { fit: "contain", background: WHITE })
      .extend({ top: 150, bottom: 150, left: 150, right: 150, background: WHITE })
      .jpeg({ quality }),
  // The whole photo on the same canvas: no product is looked for, so it can be decoded smaller.
  fit: (image, { quality }) =>
    image
      .rotate()
      .resize(1700, 1700, { fit: "contain", background: WHITE })
      .extend({ top: 150, bottom: 150, left: 150, right: 150, background: WHITE })
      .jpeg({ quality }),
  optimize: (image, { quality, chroma = "4:2:0" }) =>
    image.rotate().jpeg({ quality, mozjpeg: true, chromaSubsampling: chroma }),
};

async function run(job) {
  const began = performance.now();
  const used = process.cpuUsage();
  const data = await work[job.mode](sharp(job.input), job).toBuffer();
  if (job.output) writeFileSync(job.output, data);
  return { bytes: data.length, seconds: (performance.now() - began) / 1000, cpu_seconds: cpu(used) };
}

function cpu(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

const queue = jobs.entries();
const results = [];
async function worker() {
  for (const [index, job] of queue) results[index] = await run(job);
}

const began = performance.now();
await Promise.all(Array.from({ length: workers }, worker));
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ seconds, results, versions: sharp.versions }));
