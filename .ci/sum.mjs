import { readFileSync } from 'node:fs'

/** Adds up vitest's JSON reports into the one line that CI ends with. Ends with 1 when a report is missing or a test failed. */
let passed = 0
let failed = 0
let skipped = 0

for (const file of process.argv.slice(2)) {
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    console.error(`A test run left no report: ${error.message}`)
    failed += 1
    continue
  }
  passed += report.numPassedTests
  failed += report.numFailedTests
  skipped += report.numPendingTests + report.numTodoTests
  // A file that cannot even be loaded has no tests to count.
  failed += report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
}

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
if (failed > 0 || passed === 0) process.exitCode = 1
