import { describe, expect, it } from 'vitest'
import { connectionFault } from '../../src/providers/connection-fault.ts'

function failed(code: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} api.internal.example 10.0.0.1:443`), { code })
}

describe('connectionFault', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOTFOUND', 'does not resolve'],
    ['EAI_AGAIN', 'does not resolve'],
    ['UND_ERR_CONNECT_TIMEOUT', 'too long'],
    ['ECONNRESET', 'closed the connection'],
    ['EHOSTUNREACH', 'no route'],
    ['ADDRESS_FORBIDDEN', 'must not be called'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'secure connection'],
    ['ESOMETHING', 'failed'],
  ])('C14 before the head %s is a connection that failed, with no address in its words', (code, words) => {
    const fault = connectionFault(failed(code), false)
    expect(fault).toMatchObject({ kind: 'upstream_connection', status: 502, mayRetry: true })
    expect(fault.message).toContain(words)
    expect(fault.message).not.toMatch(/example|10\.0/)
  })

  it('looks into the attempts at several addresses', () => {
    expect(
      connectionFault(new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')]), false).message,
    ).toContain('refused')
  })

  it('E16 after the head everything but a time limit is an interruption', () => {
    for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'HPE_INVALID_CONSTANT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])
      expect(connectionFault(failed(code), true).kind).toBe('upstream_interrupted')
    expect(connectionFault(failed('UND_ERR_BODY_TIMEOUT'), true).kind).toBe('upstream_timeout')
  })

  it('C15 names the time limits and whoever does not speak HTTP', () => {
    expect(connectionFault(failed('UND_ERR_HEADERS_TIMEOUT'), false)).toMatchObject({
      kind: 'upstream_timeout',
      status: 504,
    })
    expect(connectionFault(failed('HPE_INVALID_CONSTANT'), false)).toMatchObject({ kind: 'upstream_error' })
  })
})
