import { z } from 'zod'
import { labelSchema, modelNameSchema } from '../names.ts'
import { wholeTestCase } from '../test-case.ts'
import { defineEndpoint } from './endpoint.ts'
import { pageOf, pageQuery, queryInteger } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'
import { type TestRunAnswer, type TestRunRowAnswer, testRunAnswer, testRunRow } from './test-run.ts'
import { versionSelector } from './versions.ts'

const group = 'Tests'
const path = { slug: 'support-reply' }

const mostCases = 1000
const mostModels = 20

const caseRule = 'must be the name of a stored case, or a case of its own'

const runTestsBody = z
  .strictObject({
    version: versionSelector.optional().meta({
      description:
        'A number, `v3`, a semantic version, `latest`, or a label. Left out: where `production` points, else the latest.',
    }),
    label: labelSchema.optional().meta({ description: 'The version this label points to, instead of `version`.' }),
    cases: z
      .array(z.union([z.string().min(1, 'must not be empty').max(200), wholeTestCase], caseRule))
      .min(1, 'must name at least one case; leave it out to run all')
      .max(mostCases, `must have at most ${mostCases} entries`)
      .optional()
      .meta({ description: 'Names of stored cases, or cases as a version body has them. Left out: all stored ones.' }),
    models: z
      .array(modelNameSchema)
      .min(1, 'must name at least one model; leave it out to run with the version’s own')
      .max(mostModels, `must have at most ${mostModels} entries`)
      .refine((names) => new Set(names).size === names.length, 'must not name anything twice')
      .optional()
      .meta({ description: 'Run every case against each of these models instead of the version’s own.' }),
  })
  .refine((body) => body.version === undefined || body.label === undefined, {
    path: ['label'],
    message: 'must not stand beside `version`; give one of the two',
  })
  .meta({ id: 'RunTests' })

const rowExample: TestRunRowAnswer = {
  id: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10',
  prompt: 'support-reply',
  version: 2,
  passed: false,
  score: 0.5,
  complete: true,
  trigger: 'demand',
  cost_usd: 0.0000165,
  created_by: 'admin',
  created_at: '2026-11-20T09:30:00.000Z',
}

const runExample: TestRunAnswer = {
  ...rowExample,
  threshold: 1,
  cases: [
    {
      name: 'asks for the number',
      passed: false,
      output: 'May I have its number?',
      checks: [
        { type: 'contains', passed: true, detail: 'contains: the answer contains "number"' },
        { type: 'max_length', passed: false, detail: 'max_length: the answer has 22 characters, more than the 20' },
      ],
      error: null,
      asked_model: null,
      model: 'openai/gpt-4o-mini',
      request_id: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b11',
      cost_usd: 0.0000165,
      latency_ms: 812.4,
    },
  ],
}

export const runTests = defineEndpoint({
  id: 'runTests',
  method: 'POST',
  path: '/prompts/{slug}/test',
  group,
  summary: 'Run test cases',
  description:
    'Asks the prompt once for each case (with `models`, for each case and model), as any client would, and checks the answers. A case that gets no answer counts as failed; the call itself succeeds. The run is kept with its version. 409 `no_test_cases` when there is nothing to run.',
  parameters: promptParameters,
  body: runTestsBody,
  bodyOptional: true,
  // The run itself is seen by no request.
  writes: false,
  answer: testRunAnswer,
  faults: ['not_found', 'conflict', 'rate_limited'],
  example: { path, body: { version: 2 }, answer: runExample },
})

export const listTestRuns = defineEndpoint({
  id: 'listTestRuns',
  method: 'GET',
  path: '/prompts/{slug}/test-runs',
  group,
  summary: 'List test runs',
  description: 'Newest first, without their cases.',
  parameters: promptParameters,
  query: z.strictObject({
    version: queryInteger(1, 2_147_483_647).optional().meta({ description: 'Only runs of this version.' }),
    ...pageQuery,
  }),
  answer: pageOf(testRunRow),
  faults: ['not_found'],
  example: { path, query: { version: '2' }, answer: { data: [rowExample], next_cursor: null } },
})

export const getTestRun = defineEndpoint({
  id: 'getTestRun',
  method: 'GET',
  path: '/prompts/{slug}/test-runs/{id}',
  group,
  summary: 'Get a test run whole',
  description: 'With every case and check. Outputs are null where `PROMPTBOX_LOG_BODIES` was not `on`.',
  parameters: promptParameters.extend({
    id: z.uuidv7('must be the id of a test run, a UUIDv7').meta({ description: '`id` of the run.' }),
  }),
  answer: testRunAnswer,
  faults: ['not_found'],
  example: { path: { ...path, id: rowExample.id }, answer: runExample },
})
