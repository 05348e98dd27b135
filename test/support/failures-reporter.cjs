// Mocha's `spec` report; besides, a line of JSON for each failed test into the file that the reporter option `file` names. Mocha loads reporters by
// `require`, past the loader of TypeScript.
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class FailuresReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.on('fail', (failed) => {
      // A root hook has no file.
      const file = failed.file ?? failed.parent?.file ?? '';
      appendFileSync(options.reporterOptions.file, `${JSON.stringify({ file, title: failed.fullTitle() })}\n`);
    });
  }
};
