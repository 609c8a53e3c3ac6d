import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/core/fault.ts'
import { faultOfResponse } from '../../src/providers/errors.ts'
import type { UpstreamHeaders } from '../../src/providers/upstream.ts'

const now = Date.UTC(2026, 0, 1, 12)
const apiKey = 'sk-provider-secret'

function fault(status: number, body: unknown, headers: UpstreamHeaders = {}): Fault {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return faultOfResponse(Buffer.from(text), { status, headers, apiKey, now })
}

describe('a refused request', () => {
  it('C03 keeps the message, type, param and code of OpenAI', () => {
    const error = {
      message: "This model's maximum context length is 8192 tokens.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    }
    const refused = fault(400, { error })
    expect(refused).toMatchObject({ kind: 'upstream_rejected', status: 400 })
    expect(refused.toEnvelope()).toEqual({ error })
  })

  it.each([
    "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens.",
    'prompt is too long: 210000 tokens > 200000 maximum',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Input length 9000 exceeds the maximum context length',
    'Please reduce the length of the messages or completion.',
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    'Prompt contains 40000 tokens, too large for model with 32768 maximum context length',
    'the request exceeds the available context size, try increasing it',
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
  ])('is context_length_exceeded in the words: %s', (message) => {
    expect(fault(400, { error: { message, code: 400, type: null } })).toMatchObject({
      kind: 'upstream_rejected',
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
    })
  })

  it('is not taken for a context that is too long when only max_tokens is too large', () => {
    const message = 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.'
    expect(
      fault(400, { error: { message, code: 'invalid_value', param: 'max_tokens', type: 'invalid_request_error' } })
        .code,
    ).toBe('invalid_value')
  })

  it.each([
    [{ error: 'no such thing', code: 'Client specified an invalid argument' }, 'no such thing'],
    [{ detail: 'Not Found' }, 'Not Found'],
    [{ detail: [{ loc: ['body', 'messages'], msg: 'field required' }] }, 'body.messages: field required'],
    [{ object: 'error', message: 'bad', type: 'BadRequestError', param: null, code: 400 }, 'bad'],
    [[{ error: { code: 400, message: 'wrapped', status: 'INVALID_ARGUMENT' } }], 'wrapped'],
    [{ error: { message: 'outer', code: 400, metadata: { raw: '{"error":{"message":"inner"}}' } } }, 'outer: inner'],
    ['plain words', 'plain words'],
  ])('C12 C13 is read from %j', (body, message) => {
    const refused = fault(400, body)
    const { error } = refused.toEnvelope()
    expect(refused).toMatchObject({ kind: 'upstream_rejected', status: 400, message })
    expect(typeof error.type).toBe('string')
    expect(error.code === null || typeof error.code === 'string').toBe(true)
  })

  it('keeps what Groq says about a failed tool call', () => {
    const error = {
      message: 'Failed to call a function.',
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      failed_generation: '<f>{}',
    }
    expect(fault(400, { error })).toMatchObject({
      code: 'tool_use_failed',
      message: 'Failed to call a function. (failed_generation: <f>{})',
    })
  })

  it('remembers the status of the provider beside the one the client gets', () => {
    for (const status of [400, 401, 402, 404, 429, 500, 503, 529]) {
      expect(fault(status, { error: { message: 'no' } }).upstreamStatus).toBe(status)
    }
    expect(fault(307, '').upstreamStatus).toBe(307)
  })

  it('an account of ours without credit is not the fault of the request, also where a 400 says so', () => {
    const message = 'Your credit balance is too low to access the Anthropic API.'
    const unpaid = fault(400, { type: 'error', error: { type: 'invalid_request_error', message } })
    expect(unpaid).toMatchObject({ kind: 'upstream_authentication', code: 'insufficient_quota', mayFallOver: true })
    expect(unpaid.message).not.toContain(message)
  })

  it('does not name the account of the operator', () => {
    const message = 'Rate limit reached for gpt-4o in organization org-Ab3dEfGh1jKlMnOp on tokens per min (TPM).'
    const limited = fault(429, { error: { message, type: 'tokens', code: 'rate_limit_exceeded' } })
    expect(limited.message).toBe('Rate limit reached for gpt-4o in organization org-*** on tokens per min (TPM).')
  })

  it('keeps the status of 404, 413 and 422 and gives them codes', () => {
    expect(fault(404, { error: { message: "model 'x' not found", type: 'api_error', code: null } })).toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    expect(fault(413, { error: { message: 'too much' } })).toMatchObject({ status: 413, code: 'request_too_large' })
    expect(fault(422, { error: { message: 'no' } })).toMatchObject({ status: 422, kind: 'upstream_rejected' })
    expect(fault(405, '')).toMatchObject({ status: 400, kind: 'upstream_rejected' })
  })

  it('takes the key and anything endless out of the message', () => {
    expect(fault(400, { error: { message: `the key ${apiKey} is fine` } }).message).toBe('the key *** is fine')
    expect(fault(400, { error: { message: 'a'.repeat(100_000) } }).message.length).toBeLessThan(5000)
  })
})

describe('a refused credential', () => {
  it.each([
    [
      401,
      {
        error: {
          message: `Incorrect API key provided: ${apiKey}`,
          type: 'invalid_request_error',
          code: 'invalid_api_key',
          param: null,
        },
      },
    ],
    [401, { error: { message: 'Unauthorized', type: 'api_error', param: null, code: null } }],
    [401, '<html><head><title>401 Authorization Required</title></head></html>'],
    [403, { error: { message: 'Country not supported', code: 'unsupported_country_region_territory' } }],
    [
      400,
      {
        code: 'Client specified an invalid argument',
        error: 'Incorrect API key provided: wr***ey. You can obtain an API key from https://console.x.ai.',
      },
    ],
    [
      400,
      [
        {
          error: {
            code: 400,
            message: 'API key not valid. Please pass a valid API key.',
            status: 'INVALID_ARGUMENT',
            details: [{ reason: 'API_KEY_INVALID' }],
          },
        },
      ],
    ],
  ])('C05 C06 of the proxy is not laid to the client: %i %j', (status, body) => {
    const refused = fault(status, body)
    expect(refused).toMatchObject({
      kind: 'upstream_authentication',
      status: 502,
      code: 'upstream_authentication_error',
      type: 'server_error',
    })
    expect(refused.message).not.toContain('sk-')
    expect(refused.message).toContain('not at fault')
  })

  it('without credit falls over and names the quota', () => {
    expect(fault(402, { error: { message: 'Insufficient Balance' } })).toMatchObject({
      kind: 'upstream_authentication',
      code: 'insufficient_quota',
      mayFallOver: true,
      mayRetry: false,
    })
  })

  it('is told apart from refused content', () => {
    const flagged = {
      error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'], flagged_input: 'x' } },
    }
    expect(fault(403, flagged)).toMatchObject({ kind: 'upstream_rejected', status: 403 })
  })
})

describe('a limited rate', () => {
  it('C07 reads how long to wait from RetryInfo', () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.Help' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '48s' },
    ]
    expect(fault(429, { error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details } })).toMatchObject(
      {
        kind: 'upstream_rate_limited',
        status: 429,
        code: 'rate_limit_exceeded',
        retryAfterMs: 48_000,
      },
    )
  })

  it.each([
    [{ 'retry-after-ms': '0', 'retry-after': '1' }, 1000],
    [{ 'retry-after-ms': '350', 'retry-after': '1' }, 350],
    [{ 'retry-after': '2.5' }, 2500],
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': new Date(now + 30_000).toUTCString() }, 30_000],
    [{ 'retry-after': new Date(now - 30_000).toUTCString() }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('C08 C19 %j is %s ms', (headers, expected) => {
    expect(fault(429, { error: { code: 'RateLimitReached', message: 'slow' } }, headers).retryAfterMs).toBe(expected)
  })

  it('keeps the type of OpenAI, the code of a used-up quota, and the rate limit headers', () => {
    const limited = fault(
      429,
      { error: { message: 'no', type: 'tokens', code: 'rate_limit_exceeded' } },
      { 'x-ratelimit-remaining-tokens': '0', 'set-cookie': ['a=b'] },
    )
    expect(limited).toMatchObject({
      type: 'tokens',
      code: 'rate_limit_exceeded',
      headers: { 'x-ratelimit-remaining-tokens': '0' },
    })
    expect(fault(429, { error: { message: 'no', type: 'insufficient_quota', code: 'insufficient_quota' } }).code).toBe(
      'insufficient_quota',
    )
  })
})

describe('a failing provider', () => {
  it('C09 is overloaded at 503 and 529', () => {
    expect(fault(529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })).toMatchObject({
      kind: 'upstream_overloaded',
      status: 503,
      code: 'overloaded',
      mayRetry: true,
    })
    expect(fault(503, { error: { message: 'busy' } })).toMatchObject({ kind: 'upstream_overloaded' })
  })

  it('C11 shows neither HTML nor the words of a machine on the way', () => {
    for (const body of [
      '<html><body>502 Bad Gateway nginx on api.internal.example</body></html>',
      'upstream connect error to 10.1.2.3:8080',
      '',
    ]) {
      const failed = fault(502, body, { 'content-type': 'text/html' })
      expect(failed).toMatchObject({
        kind: 'upstream_error',
        status: 502,
        code: 'upstream_error',
        message: 'The provider failed with status 502.',
      })
    }
  })

  it('may be tried again after 408, 409, 425 and 5xx', () => {
    for (const status of [408, 409, 425, 500, 502, 504])
      expect(fault(status, { error: { message: 'x' } })).toMatchObject({ kind: 'upstream_error', mayRetry: true })
  })

  it('keeps the request id under whichever name it came', () => {
    for (const name of ['x-request-id', 'request-id', 'apim-request-id'])
      expect(fault(500, '', { [name]: 'req_1' }).upstreamRequestId).toBe('req_1')
  })

  it('C22 that redirects is not followed', () => {
    expect(fault(302, '', { location: 'https://elsewhere.example' })).toMatchObject({
      kind: 'upstream_error',
      status: 502,
    })
  })
})
