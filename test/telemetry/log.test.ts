import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Observation } from '../../src/core/observation.ts'
import { createLog, type LogSettings } from '../../src/telemetry/log.ts'
import { redactSecrets } from '../../src/telemetry/redact-secrets.ts'
import { recordOf } from './support.ts'

function linesOf(level: LogSettings['level'], isTTY: boolean, ...observations: Observation[]): string[] {
  const written: string[] = []
  const observe = createLog({ level, destination: { isTTY, write: (text: string) => written.push(text) } })
  for (const observation of observations) observe(observation)
  return written
}

const settled: Observation = { type: 'exchange-settled', record: recordOf() }

describe('the log', () => {
  test('is one JSON object per line, with time, level, event and message', () => {
    const [line] = linesOf('info', false, { type: 'listening', url: 'http://127.0.0.1:4000' })
    expect(JSON.parse(String(line))).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: 'listening',
      url: 'http://127.0.0.1:4000',
      message: 'Listening on http://127.0.0.1:4000',
    })
    expect(line).toMatch(/\n$/)
  })

  test('is plain text on a terminal, errors with their stack', () => {
    const [listening, defect] = linesOf(
      'info',
      true,
      { type: 'listening', url: 'http://x' },
      { type: 'defect', where: 'test', error: new Error('broken') },
    )
    expect(listening).toMatch(/^\d\d:\d\d:\d\d {2}Listening on http:\/\/x\n$/)
    expect(defect).toMatch(/error: Unexpected error in test: broken\nError: broken\n +at /)
  })

  test('says nothing per request unless it is asked to', () => {
    expect(linesOf('info', false, settled, settled)).toEqual([])
    expect(linesOf('debug', false, settled)).toHaveLength(1)
  })

  test('never holds what was said, or by whom', () => {
    const text = linesOf('debug', false, settled).join('')
    expect(text).not.toContain('confidential')
    expect(text).not.toContain('user-7')
    expect(JSON.parse(text)).toMatchObject({
      event: 'exchange-settled',
      outcome: 'ok',
      httpStatus: 200,
      inputTokens: 100,
      costUsd: 0.25,
    })
  })

  test('levels hold back what is less', () => {
    const observations: Observation[] = [
      { type: 'notice', message: 'a' },
      { type: 'snapshot-stale', tier: 'disk', message: 'b' },
      { type: 'database-lost', message: 'c' },
      { type: 'records-written', count: 1, tookMs: 1 },
    ]
    expect(
      ['debug', 'info', 'warn', 'error'].map(
        (level) => linesOf(level as LogSettings['level'], false, ...observations).length,
      ),
    ).toEqual([4, 3, 2, 1])
  })

  test('an error is told with its causes, without the keys in them', () => {
    const cause = new Error('Incorrect API key provided: sk-proj-abcdefghijklmnop')
    const [line] = linesOf('info', false, {
      type: 'defect',
      where: 'test',
      error: new Fault('internal', 'outer', { cause }),
      requestId: 'r-1',
    })
    expect(line).not.toContain('abcdefghijklmnop')
    expect(JSON.parse(String(line))).toMatchObject({
      requestId: 'r-1',
      error: { message: 'outer', cause: { message: 'Incorrect API key provided: sk-***' } },
    })
  })
})

describe('redaction', () => {
  test.each([
    ['Incorrect API key provided: sk-proj-abcdefghijklmnop.', 'abcdefghijklmnop'],
    ['authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
    ['{"api_key":"hunter2hunter2","x-api-key":"hunter2"}', 'hunter2'],
    ['connect postgres://name:hunter2@host/db failed', 'hunter2'],
    ['pb-admin-abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnop'],
  ])('%s', (text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret)
  })

  test('leaves ordinary sentences alone', () => {
    const text =
      'Call to openai/gpt-4o-mini-2024-07-18 failed: connect ECONNREFUSED 127.0.0.1:443 after 3 tries (http://127.0.0.1:4000/v1)'
    expect(redactSecrets(text)).toBe(text)
  })
})
