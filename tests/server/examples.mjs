// Runs each module that a line of stdin names, one after the other, and says what the API answered.

import { createInterface } from "node:readline";

const fetched = globalThis.fetch;
let status;
globalThis.fetch = async (...request) => {
  const response = await fetched(...request);
  status = response.status;
  return response;
};
console.log = () => {};

for await (const file of createInterface({ input: process.stdin })) {
  status = 0;
  const said = await import(file).then(
    () => String(status),
    (error) => String(error.stack),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
