import fc from 'fast-check'
import type { ExchangeRecord } from '../../../src/core/record.ts'

/** A record as the pipeline makes it. */
export function sampleRecord(requestId: string, changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    requestId,
    tenantId: 'default',
    createdAt: Date.UTC(2026, 0, 15),
    operation: 'chat',
    outcome: 'ok',
    errorType: null,
    errorMessage: null,
    httpStatus: 200,
    stream: false,
    prompt: 'support-reply',
    promptVersion: 3,
    label: 'production',
    experiment: null,
    variant: null,
    chain: null,
    chainVersion: null,
    outputCheck: null,
    requestModel: 'prompt:support-reply',
    responseModel: 'gpt-4o-mini-2024-07-18',
    provider: 'openai',
    responseId: 'chatcmpl-1',
    upstreamRequestId: 'req_1',
    finishReasons: ['stop'],
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 0,
    },
    usageSource: 'provider',
    cost: null,
    priceSource: null,
    durationMs: 812.25,
    timeToFirstChunkMs: null,
    attempts: [
      {
        provider: 'openai',
        model: 'gpt-4o-mini',
        startedAt: Date.UTC(2026, 0, 15),
        durationMs: 811,
        httpStatus: 200,
        errorType: null,
        errorMessage: null,
        upstreamRequestId: 'req_1',
      },
    ],
    keyId: 'key-1',
    appName: 'tests',
    userId: null,
    sessionId: null,
    environment: null,
    locale: null,
    metadata: {},
    cache: 'off',
    guardrails: 'off',
    warnings: [],
    snapshotVersion: '1',
    bodies: { request: '{"messages":[]}', rendered: null, response: '{"choices":[]}', truncated: false },
    estimate: null,
    savedInputTokens: null,
    compressed: null,
    ...changes,
  }
}

const anyText = fc.string({ unit: 'binary', maxLength: 200 })

/** Any record, with whatever a client or a provider may put into its texts. */
export const anyRecord: fc.Arbitrary<ExchangeRecord> = fc
  .record({
    requestId: fc.uuid({ version: 7 }),
    createdAt: fc.nat(2_000_000_000_000),
    outcome: fc.constantFrom('ok', 'error', 'blocked', 'client_closed', 'incomplete'),
    errorMessage: fc.option(anyText),
    requestModel: anyText,
    durationMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
    finishReasons: fc.array(anyText, { maxLength: 3 }),
    metadata: fc.dictionary(anyText, anyText, { maxKeys: 5, noNullPrototype: true }),
    warnings: fc.array(anyText, { maxLength: 3 }),
    bodies: fc.option(
      fc.record({
        request: anyText,
        rendered: fc.option(anyText),
        response: fc.option(anyText),
        truncated: fc.boolean(),
      }),
    ),
    estimate: fc.option(fc.record({ input: anyText, output: anyText })),
    compressed: fc.option(fc.record({ before: anyText, after: anyText })),
  })
  .map(({ requestId, ...changes }) => sampleRecord(requestId, changes))
