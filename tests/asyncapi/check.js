// check.js FOLDER: parses FOLDER/asyncapi.json, and holds fixtures and goldens of FOLDER against its schemas.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const folder = process.argv[2];
const text = (...path) => readFileSync(join(folder, ...path), 'utf8');
const { document, diagnostics } = await new Parser().parse(text('asyncapi.json'));
let failures = 0;
for (const { severity, code, message, path } of diagnostics) {
  const level = DiagnosticSeverity[severity].toLowerCase();
  console.log(`${level}: ${code}: ${message} (${path.join('.')})`);
  if (severity === DiagnosticSeverity.Error) failures += 1;
}
if (!document) process.exit(1);

// As it is written, with its references: each message by the name of its type.
const { components } = JSON.parse(text('asyncapi.json'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
for (const integer of ['uint8', 'uint16', 'uint32', 'uint64']) ajv.addFormat(integer, true);
const payload = (name) => ajv.compile({ ...components.messages[name].payload, components });
function check(what, name, value) {
  const valid = payload(name);
  if (valid(value)) return;
  failures += 1;
  console.log(`error: ${what} is no ${name}: ${ajv.errorsText(valid.errors)}`);
}

let samples = 0;
const fixtures = join('tests', 'fixtures', 'notifications');
for (const file of readdirSync(join(folder, fixtures))) {
  const notification = JSON.parse(text(fixtures, file));
  // The fixed example of a request for approval has none.
  if (notification.type.endsWith('_APPROVAL_REQUIRED')) continue;
  check(file, notification.type, notification);
  samples += 1;
}
// Goldens are payloads of events: each in the envelope and the CloudEvent that it is published in.
const id = '019bc1d2-4f3e-7a1b-8c2d-3e4f5a6b7c8d';
const leaf = 'a5'.repeat(32);
const envelope = {
  position: 7, tenant: 'acme', stream: `execution-${id}`, version: 2, previous_position: null, leaf_hash: leaf,
  event_id: id, recorded_at: '2026-01-15T10:30:00Z', actor: { kind: 'user', id: 'rosa' }, correlation_id: id,
  causation_id: null,
};
for (const file of readdirSync(join(folder, 'goldens'))) {
  const [type, version] = file.split('.');
  const name = `io.vidimus.${type}.${version}`;
  // Shapes that are written no more are not published any more.
  if (!components.messages[name]) continue;
  const payload = JSON.parse(text('goldens', file));
  const data = { ...envelope, type, schema_version: Number(version.slice(1)), data: payload };
  check(file, name, {
    specversion: '1.0', id, source: '/vidimus/acme', type: name, subject: envelope.stream, time: envelope.recorded_at,
    datacontenttype: 'application/json', tenant: 'acme', position: '7', leafhash: leaf,
    traceparent: '00-019bc1d24f3e7a1b8c2d3e4f5a6b7c8d-8c2d3e4f5a6b7c8d-01', data,
  });
  samples += 1;
}
const all = document.allMessages().all().length;
console.log(`asyncapi.json: ${all} messages, ${samples} samples, ${failures} errors`);
process.exit(failures === 0 ? 0 : 1);
