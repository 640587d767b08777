// Opens each file whose path comes in on a line, decodes it in full, and answers with a line.
import readline from "node:readline";
import sharp from "sharp";

sharp.cache(false);
sharp.concurrency(1);

async function answer(path) {
  try {
    await sharp(path).raw().toBuffer();
    return "opened";
  } catch (error) {
    const reason = String(error.message).split("\n")[0];
    return reason.includes("unsupported image format") ? "unsupported" : "refused";
  }
}

for await (const path of readline.createInterface({ input: process.stdin })) {
  console.log(await answer(path));
}
