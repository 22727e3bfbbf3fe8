// What TensorFlow.js itself makes of two drawn pictures with the MobileNetV2 of nsfwjs 4.3.0 (mobilenet_v2_mid), at 224 pixels; writes offence.json.
// Run in a folder where @tensorflow/tfjs 4.22.0 is installed:  node offence.mjs FOLDER_OF_THE_MODEL > offence.json
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tf = createRequire(`${process.cwd()}/`)('@tensorflow/tfjs');
const [folder] = process.argv.slice(2);
const size = 224;
const module_ = file => { const m = { exports: {} }; new Function('exports', 'module', readFileSync(`${folder}/${file}`, 'utf8'))(m.exports, m); return m.exports; };
const json = module_('model.min.js');
const bytes = Buffer.concat(json.weightsManifest.flatMap(g => g.paths).map(p => Buffer.from(module_(`${p}.min.js`), 'base64')));
const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

await tf.setBackend('cpu');
const model = await tf.loadGraphModel({
  load: async () => ({ modelTopology: json.modelTopology, format: json.format, weightSpecs: json.weightsManifest.flatMap(g => g.weights), weightData }),
});

const drawn = {
  texture: (x, y, c) => (x * 7 + y * 13 + c * 50 + ((x * y) >> 4)) & 255,
  disc: (x, y, c) => (x - 112) ** 2 + (y - 112) ** 2 < 4900 ? 200 - c * 40 : 60 + (x >> 2) + c * 10,
};
const embedding = json.modelTopology.node.find(n => n.op === 'Squeeze').name;
const pictures = {};
for (const [name, pixel] of Object.entries(drawn)) {
  const values = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) for (let c = 0; c < 3; c++) values[(y * size + x) * 3 + c] = pixel(x, y, c);
  const [probabilities, vector] = model.execute(tf.tensor4d(values, [1, size, size, 3]).div(255), ['Identity', embedding]);
  pictures[name] = { probabilities: Array.from(probabilities.dataSync()), embedding: Array.from(vector.dataSync()) };
}
process.stdout.write(JSON.stringify({ tfjs: tf.version.tfjs, pictures }, (_, v) => typeof v === 'number' ? Number(v.toPrecision(9)) : v) + '\n');
