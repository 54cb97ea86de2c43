// Adds up the tests of all runs and prints the closing line. Exits with 1 if a run is missing or a test failed.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const files = process.argv.slice(2);
const guestLogs = files.filter((file) => file.endsWith('.log'));
const vitestFiles = files.filter((file) => file.endsWith('.json'));
const total = { passed: 0, failed: 0, skipped: 0 };

function add(name, read) {
  try {
    const { passed, failed, skipped } = read();
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  } catch (error) {
    total.failed += 1;
    console.log(`${name}: no result (${error.message})`);
  }
}

for (const file of vitestFiles) {
  add(basename(file, '.json').replace('test-', 'test:'), () => {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1),
      skipped: report.numPendingTests + report.numTodoTests,
    };
  });
}

for (const file of guestLogs) {
  add(basename(file, '.log'), () => {
    const lines = [...readFileSync(file, 'utf8').matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)];
    const last = lines.at(-1);
    if (!last) throw new Error('the run did not finish');
    return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3]) };
  });
}

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
