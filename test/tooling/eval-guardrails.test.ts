import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readArguments } from '../../bench/guardrails/arguments.ts'
import { evaluate } from '../../bench/guardrails/evaluation.ts'
import { judge } from '../../bench/guardrails/judge.ts'
import { clopperPearsonUpper, count, metricsOf, noCounts } from '../../bench/guardrails/metrics.ts'
import { printed } from '../../bench/guardrails/print-evaluation.ts'
import { readRows, rowsOf, utf16Offsets } from '../../bench/guardrails/rows.ts'
import { kindsOfType } from '../../bench/guardrails/span-types.ts'
import { UsageError } from '../../bench/guardrails/usage-error.ts'
import type { Finding, LocalDetector } from '../../src/guardrails/guardrail.ts'
import { piiKinds } from '../../src/guardrails/pii/pii.ts'

const line = (row: object): string => JSON.stringify({ text: 'a', label: 0, kind: 'k', source: 's/t', ...row })

describe('the rows of the data', () => {
  it('are read with offsets as the texts of this language count them', () => {
    const [row] = rowsOf(
      'data.jsonl',
      `${line({ text: '🙂 me@a.test', label: 1, tier: 'core', spans: [{ start: 2, end: 11, type: 'EMAIL' }] })}\n\n`,
    )
    expect(row).toMatchObject({ label: true, tier: 'core', spans: [{ start: 3, end: 12, type: 'EMAIL' }] })
    expect(row?.text.slice(3, 12)).toBe('me@a.test')
  })

  it('have every offset that the text has, and no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, at) => {
        const points = Array.from(text)
        expect(utf16Offsets(text)(at)).toBe(at > points.length ? undefined : points.slice(0, at).join('').length)
      }),
    )
  })

  it('say that only the whole is known', () => {
    expect(rowsOf('f', line({ spans: [], span_unknown: true }))[0]?.spans).toBeNull()
    expect(rowsOf('f', line({ spans: [], span_unknown: false }))[0]?.spans).toEqual([])
    expect(rowsOf('f', line({}))[0]?.spans).toBeNull()
  })

  it.each([
    ['{', 'f, line 2: is not a JSON object.'],
    ['[]', 'f, line 2: is not a JSON object.'],
    [line({ text: 1 }), 'f, line 2, field text: has to be a text.'],
    [line({ label: true }), 'f, line 2, field label: has to be 0 or 1.'],
    [line({ kind: null }), 'f, line 2, field kind: has to be a text.'],
    [line({ source: undefined }), 'f, line 2, field source: has to be a text.'],
    [line({ tier: 3 }), 'f, line 2, field tier: has to be a text.'],
    [line({ span_unknown: 1 }), 'f, line 2, field span_unknown: has to be true or false.'],
    [line({ spans: {} }), 'f, line 2, field spans: has to be a list.'],
    [line({ spans: [1] }), 'f, line 2, field spans[0]: has to be an object.'],
    [
      line({ spans: [{ start: 0, end: 2, type: 'A' }] }),
      'f, line 2, field spans[0].end: has to be an offset into the text.',
    ],
    [line({ spans: [{ start: 1, end: 1, type: 'A' }] }), 'f, line 2, field spans[0]: has to end behind its start.'],
    [line({ spans: [{ start: 0, end: 1 }] }), 'f, line 2, field spans[0].type: has to be a text.'],
  ])('name file, line and field when they do not fit: %s', (wrong, sentence) => {
    expect(() => rowsOf('f', `${line({})}\n${wrong}`)).toThrow(new UsageError(sentence))
  })
})

describe('the figures', () => {
  it('are what the counts come to', () => {
    const counts = noCounts()
    for (const [positive, reported, times] of [
      [true, true, 6],
      [true, false, 2],
      [false, true, 3],
      [false, false, 9],
    ] as const)
      for (let time = 0; time < times; time++) count(counts, positive, reported)
    expect(metricsOf(counts)).toMatchObject({
      rows: 20,
      positives: 8,
      precision: 6 / 9,
      recall: 6 / 8,
      f1: 12 / 17,
      falsePositiveRate: 3 / 12,
    })
  })

  it('are none where there is nothing to divide by', () => {
    expect(metricsOf(noCounts())).toMatchObject({
      precision: null,
      recall: null,
      f1: null,
      falsePositiveRate: null,
      falsePositiveRateUpper: null,
    })
  })

  // From tables of the interval, two-sided, 95 %.
  it.each([
    [0, 10, 0.3085],
    [1, 10, 0.445],
    [5, 10, 0.8129],
    [10, 10, 1],
    [0, 3_700, 0.000996],
    [1, 3_152, 0.001766],
    [100, 4_000, 0.03031],
  ])('bound a rate of %i in %i from above by %f', (hits, trials, bound) => {
    expect(clopperPearsonUpper(hits, trials)).toBeCloseTo(bound, 4)
  })

  it('have a bound that is never below the rate and falls as there is more to go by', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(2_000), (trials, given) => {
        const hits = Math.min(given, trials)
        const bound = clopperPearsonUpper(hits, trials)
        expect(bound).toBeGreaterThanOrEqual(hits / trials)
        expect(clopperPearsonUpper(hits, trials + 1)).toBeLessThanOrEqual(bound)
      }),
    )
  })
})

/** Finds words: `bad` for certain, `odd` so that it can only be flagged, and e-mail addresses and numbers. */
const detector: LocalDetector = {
  reach: 'whole',
  open: () => {
    let text = ''
    return {
      push: (piece) => {
        text += piece
        return 0
      },
      end: (findings) => {
        const add = (pattern: RegExp, kind: string, rest: Partial<Finding> = {}): void => {
          for (const { index, 0: found } of text.matchAll(pattern))
            findings.push({ kind, start: index, end: index + found.length, score: 0.9, ...rest })
        }
        add(/bad/g, 'profanity')
        add(/odd/g, 'toxic', { flagOnly: true })
        add(/\S+@\S+/g, 'email')
        add(/\d{6,}/g, 'phone')
      },
    }
  },
}

const evaluated = (kind: Parameters<typeof evaluate>[0], rows: readonly object[]) =>
  evaluate(kind, judge(detector, rowsOf('f', rows.map(line).join('\n'))))

describe('the types of the data', () => {
  it('each stand for kinds of findings that no other type stands for', () => {
    const typesOf = (kind: string): string[] =>
      Object.entries(kindsOfType).flatMap(([type, isKind]) => (isKind(kind) ? [type] : []))
    for (const kind of piiKinds) expect(typesOf(kind).length, kind).toBeLessThanOrEqual(1)
    expect(typesOf('ip_address')).toEqual(['IP'])
    expect(typesOf('us_ssn')).toEqual(['US_SSN'])
    expect(typesOf('fi_hetu')).toEqual(['NATIONAL_ID'])
    for (const [type, isKind] of Object.entries(kindsOfType)) expect(piiKinds.some(isKind), type).toBe(true)
  })
})

describe('an evaluation', () => {
  it('of injection tells flags from blocks, and tiers apart with all that is harmless', () => {
    const { readings, guardrail } = evaluated('injection', [
      { text: 'bad', label: 1, tier: 'core', source: 'a/b x' },
      { text: 'odd', label: 1, tier: 'core', source: 'a/b y' },
      { text: 'fine', label: 1, tier: 'hard', source: 'c/d' },
      { text: 'odd', tier: 'core', source: 'c/d' },
      { text: 'fine', tier: 'core', source: 'c/d' },
    ])
    expect(guardrail).toBe('injection')
    expect(readings.map(({ verdict, all }) => [verdict, all.recall, all.falsePositiveRate])).toEqual([
      ['flag', 2 / 3, 1 / 2],
      ['block', 1 / 3, 0],
    ])
    expect(readings[0]?.byTier).toMatchObject({
      core: { recall: 1, falsePositiveRate: 1 / 2, rows: 4 },
      hard: { recall: 0, falsePositiveRate: 1 / 2, rows: 3 },
    })
    expect(Object.keys(readings[0]?.bySource ?? {})).toEqual(['a/b', 'c/d'])
  })

  it('of toxicity tells profanity from what the model says', () => {
    const { readings } = evaluated('toxic', [
      { text: 'bad', label: 1 },
      { text: 'odd', label: 1 },
    ])
    expect(readings.map(({ verdict, all }) => [verdict, all.recall])).toEqual([
      ['any', 1],
      ['profanity', 0.5],
      ['toxic', 0.5],
    ])
  })

  it('of personal data holds findings to the spans of their type, and counts hits on hard negatives', () => {
    const email = { start: 3, end: 9, type: 'EMAIL' }
    const { readings, spans, hardNegatives } = evaluated('pii', [
      { text: 'to a@b.cd now', label: 1, spans: [email] },
      { text: 'to nobody now', label: 1, spans: [email] },
      { text: 'call 1234567', label: 1, spans: [{ start: 0, end: 4, type: 'PERSON' }] },
      { text: 'order 7654321', kind: 'hard-negative:order', spans: [] },
      { text: 'fine', kind: 'hard-negative:order', spans: [] },
      { text: 'key', kind: 'secret', label: 1, spans: [], span_unknown: true },
    ])
    expect(readings[0]?.all).toMatchObject({ truePositives: 1, falseNegatives: 1, falsePositives: 2, trueNegatives: 2 })
    expect(spans?.['EMAIL']).toMatchObject({ spans: 2, found: 1, wrong: 0, precision: 1, recall: 0.5 })
    expect(spans?.['PHONE']).toMatchObject({ spans: 0, found: 0, wrong: 2, recall: null })
    expect(spans?.['structured']).toMatchObject({ spans: 2, found: 1, wrong: 2 })
    expect(hardNegatives['hard-negative:order']).toEqual({ rows: 2, hits: 1 })
  })

  it('of secrets knows other personal data for none', () => {
    const { readings } = evaluated('secrets', [
      { text: 'bad', label: 1, spans: [{ start: 0, end: 3, type: 'SECRET' }] },
      { text: 'mine', label: 1, spans: [{ start: 0, end: 4, type: 'PERSON' }] },
      { text: 'bad', label: 1, kind: 'secret', span_unknown: true, spans: [] },
    ])
    expect(readings[0]?.all).toMatchObject({ truePositives: 2, trueNegatives: 1, falsePositives: 0 })
  })

  it('is printed with every figure that there is', () => {
    const text = printed(
      evaluated('pii', [{ text: 'to a@b.cd now', label: 1, spans: [{ start: 3, end: 9, type: 'EMAIL' }] }]),
    )
    for (const part of ['Guardrail pii', 'µs per KB', 'verdict: any', 'from s/t', 'kind k', 'EMAIL', 'Clopper-Pearson'])
      expect(text).toContain(part)
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('the command', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'promptbox-evaluation-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('reads plain and gzipped files', () => {
    writeFileSync(join(folder, 'a.jsonl'), line({}))
    writeFileSync(join(folder, 'b.jsonl.gz'), gzipSync(line({ text: 'b' })))
    expect(readRows(join(folder, 'a.jsonl'))).toHaveLength(1)
    expect(readRows(join(folder, 'b.jsonl.gz'))[0]?.text).toBe('b')
  })

  it('says in one sentence what is wrong with a file', () => {
    writeFileSync(join(folder, 'c.jsonl.gz'), 'plain')
    writeFileSync(join(folder, 'd.jsonl'), '\n')
    expect(() => readRows(join(folder, 'c.jsonl.gz'))).toThrow(/is not gzipped\.$/)
    expect(() => readRows(join(folder, 'd.jsonl'))).toThrow(/has no rows\.$/)
    expect(() => readRows(join(folder, 'e.jsonl'))).toThrow(/cannot be read \(ENOENT\)\.$/)
  })

  it('understands its words', () => {
    expect(readArguments(['--kind', 'pii', 'a', 'b', '--json'])).toEqual({
      kind: 'pii',
      files: ['a', 'b'],
      isJson: true,
    })
    expect(readArguments(['a', '--kind=toxic'])).toEqual({ kind: 'toxic', files: ['a'], isJson: false })
  })

  it.each([
    [[]],
    [['a']],
    [['--kind']],
    [['--kind', 'pii']],
    [['--kind', 'constructor', 'a']],
    [['--king', 'pii', 'a']],
  ])('says how it is used when it is used otherwise: %j', (words) => {
    expect(() => readArguments(words)).toThrow(/^[^\n]+: npm run eval:guardrails -- --kind \S+ \[--json\] FILE…$/)
  })

  it('ends with 2 and one line when it is used wrongly', () => {
    const script = fileURLToPath(new URL('../../scripts/eval-guardrails.mjs', import.meta.url))
    const { status, stderr, stdout } = spawnSync(process.execPath, [script, '--kind', 'pii', 'nothing.jsonl'], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, INIT_CWD: folder },
    })
    expect(stderr.trim().split('\n')).toEqual([`${join(folder, 'nothing.jsonl')} cannot be read (ENOENT).`])
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})
