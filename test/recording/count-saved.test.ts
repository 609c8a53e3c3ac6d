import { describe, expect, test } from 'vitest'
import { countSaved } from '../../src/recording/estimate.ts'
import { recorderBench } from './support/recorder.ts'
import { sampleRecord } from './support/sample-record.ts'

const before = 'one  two\n\n\n\n\nthree \t four'
const after = 'one two\n\nthree four'

describe('what compression saved', () => {
  test('is counted by the worker, which keeps no text of it', async () => {
    const { start, server } = await recorderBench()
    const recorder = start()
    recorder.append(sampleRecord('a', { compressed: { before, after } }))
    await recorder.close({ flushWithinMs: 10_000 })
    const written = server.records.get('a')
    expect(written?.savedInputTokens).toBeGreaterThan(0)
    expect(written?.compressed).toBeNull()
    expect(JSON.stringify(written)).not.toContain('three')
  })

  test('is counted beside what the provider did not report', async () => {
    const { start, server } = await recorderBench()
    const recorder = start()
    const estimate = { input: 'hello world', output: 'hi' }
    recorder.append(sampleRecord('a', { usage: null, usageSource: null, estimate, compressed: { before, after } }))
    await recorder.close({ flushWithinMs: 10_000 })
    expect(server.records.get('a')).toMatchObject({ usageSource: 'estimated', usage: { inputTokens: 2 } })
    expect(server.records.get('a')?.savedInputTokens).toBeGreaterThan(0)
  })

  test('is never less than nothing, and stays unknown where compression was off', () => {
    const longer = sampleRecord('a', { compressed: { before: 'a', after: 'a a a a a' } })
    expect(countSaved(longer)).toMatchObject({ savedInputTokens: 0, compressed: null })
    const off = sampleRecord('a')
    expect(countSaved(off)).toBe(off)
    expect(off.savedInputTokens).toBeNull()
  })

  test('of a very long text is an estimate near the truth', () => {
    const line = (space: string): string => `The parcel${space}was sent on Monday${space}and has not arrived.\n`
    const long = (space: string): string => line(space).repeat(20_000)
    const saved = countSaved(sampleRecord('a', { compressed: { before: long('    '), after: long(' ') } }))
    const one = countSaved(sampleRecord('a', { compressed: { before: line('    '), after: line(' ') } }))
    const expected = (one.savedInputTokens ?? 0) * 20_000
    expect(Math.abs((saved.savedInputTokens ?? 0) / expected - 1)).toBeLessThan(0.1)
  })
})
