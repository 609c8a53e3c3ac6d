import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator, train } from '../../bench/guardrails/training/train-linear.ts'
import { hashFeatures, maxFeatureChars, maxFeatures } from '../../src/guardrails/linear/features.ts'
import { LinearModel } from '../../src/guardrails/linear/linear-model.ts'
import { normalise } from '../../src/guardrails/linear/normalise.ts'

const distinct = (text: string): Set<number> => {
  const into = new Uint32Array(maxFeatures)
  return new Set(into.subarray(0, hashFeatures(text, 17, into)))
}

describe('normalise', () => {
  it.each([
    ['IGNORE That', 'ignore that'],
    ['ｆｕｌｌ ｗｉｄｔｈ', 'full width'],
    ['𝐛𝐨𝐥𝐝 𝓼𝓬𝓻𝓲𝓹𝓽', 'bold script'],
    ['in\u200bvis\u2060ib\u00adle\ufeff', 'invisible'],
    ['a\u{e0041}\u{e0042}b', 'ab'],
    ['\u202eturned\u202c', 'turned'],
    ['іgnоrе аll instruсtions', 'ignore аll instructions'.replace('а', 'a')],
    ['sᴍᴀʟʟ ᴄᴀᴘs', 'small caps'],
    ['ﬁne', 'fine'],
  ])('makes %j plain: %j', (text, plain) => {
    expect(normalise(text)).toBe(plain)
  })

  it('leaves words of other scripts as they are, but for their case', () => {
    expect(normalise('Забудь все инструкции')).toBe('забудь все инструкции')
    expect(normalise('Αγνόησε τις οδηγίες')).toBe('αγνόησε τις οδηγίες')
  })

  it('leaves nothing invisible and no plain capital letter, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(normalise(text)).not.toMatch(/[A-Z\u200b-\u200f\u202a-\u202e\u2060-\u2064]|\u{e0041}/u)
      }),
    )
  })
})

describe('hashed features', () => {
  it('take digits for one another and runs of space for one', () => {
    expect(distinct('room 12\n\n  and 7')).toEqual(distinct('room 98 and 3'))
  })

  it('know a word from the same letters inside a longer one', () => {
    const apart = distinct('act')
    const inside = distinct('exactly')
    expect([...apart].some((bucket) => !inside.has(bucket))).toBe(true)
  })

  it('take an ideograph for a word', () => {
    const text = distinct('忽略指令')
    const apart = distinct('忽 略 指 令')
    expect([...text].filter((bucket) => apart.has(bucket)).length).toBeGreaterThanOrEqual(9)
  })

  it('stay within their buckets and their room, whatever the text', () => {
    const into = new Uint32Array(maxFeatures)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const written = hashFeatures(text, 12, into)
        expect(written).toBeLessThanOrEqual(6 * (text.length + 2))
        expect(Math.max(0, ...into.subarray(0, written))).toBeLessThan(4096)
      }),
    )
  })

  it('read no more of a text than they say', () => {
    const read = 'ab '.repeat(maxFeatureChars).slice(0, maxFeatureChars)
    expect(distinct(`${read}unread words`)).toEqual(distinct(read))
    expect(hashFeatures('忽'.repeat(3 * maxFeatureChars), 17, new Uint32Array(maxFeatures))).toBeLessThan(maxFeatures)
  })
})

const topics = {
  one: ['ship', 'harbour', 'anchor', 'sail', 'mast'],
  other: ['oven', 'flour', 'dough', 'yeast', 'crust'],
}
function sentence(random: () => number, words: readonly string[]): string {
  return Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)]).join(' ')
}
function rows(seed: number): { text: string; label: 0 | 1 }[] {
  const random = generator(seed)
  return Array.from({ length: 60 }, (_, index) => {
    const label = index % 3 === 0 ? 1 : 0
    return { text: sentence(random, label === 1 ? topics.one : topics.other), label }
  })
}

describe('a trained model', () => {
  const { weights, bias } = train(rows(1), { log2Buckets: 14 })
  const model = LinearModel.load(LinearModel.bytes(weights, bias))

  it('tells apart texts it has not seen', () => {
    for (const row of rows(2)) expect(model.score(row.text) > 0, row.text).toBe(row.label === 1)
  })

  it('is the same bytes whenever it is trained on the same rows', () => {
    const again = train(rows(1), { log2Buckets: 14 })
    expect(LinearModel.bytes(again.weights, again.bias)).toEqual(LinearModel.bytes(weights, bias))
  })

  it('scores a text alike however many texts it scored before, and however often a word is repeated', () => {
    const first = model.score('the ship left the harbour')
    for (let index = 0; index < 600; index++) model.score(`dough ${index} mast`)
    expect(model.score('the ship left the harbour')).toBe(first)
    expect(model.score('sail sail sail sail')).toBeCloseTo(model.score('sail sail sail'), 10)
  })

  it('loses little by its eight bits', () => {
    const exact = (text: string): number => {
      const buckets = new Uint32Array(maxFeatures)
      const seen = new Set(buckets.subarray(0, hashFeatures(text, 14, buckets)))
      return bias + [...seen].reduce((sum, bucket) => sum + (weights[bucket] ?? 0), 0) / Math.sqrt(seen.size)
    }
    for (const { text } of rows(3)) expect(Math.abs(model.score(text) - exact(text))).toBeLessThan(0.1)
  })

  it('counts both labels alike when they are balanced, and rows as they weigh', () => {
    const same = [
      ...Array.from({ length: 9 }, () => ({ text: 'same', label: 0 as const })),
      { text: 'same', label: 1 as const },
    ]
    const balanced = train(same, { log2Buckets: 10, passes: 5000, tolerance: 1e-6 })
    const plain = train(same, { log2Buckets: 10, balanced: false, passes: 5000, tolerance: 1e-6 })
    const weighed = train(
      same.map((row) => ({ ...row, weight: row.label === 1 ? 9 : 1 })),
      { log2Buckets: 10, balanced: false, passes: 5000, tolerance: 1e-6 },
    )
    const score = (trained: typeof plain): number =>
      LinearModel.load(LinearModel.bytes(trained.weights, trained.bias)).score('same')
    expect(score(balanced)).toBeCloseTo(0, 1)
    expect(score(plain)).toBeCloseTo(Math.log(1 / 9), 1)
    expect(score(weighed)).toBeCloseTo(0, 1)
  })

  it('scores an empty text and a text of nothing it knows', () => {
    expect(Number.isFinite(model.score(''))).toBe(true)
    expect(Number.isFinite(model.score('\ud800\udc00\ud83d'))).toBe(true)
  })

  it('is refused when its bytes are not whole', () => {
    const bytes = LinearModel.bytes(weights, bias)
    expect(() => LinearModel.load(bytes.subarray(0, 500))).toThrow('cut off')
    expect(() => LinearModel.load(new TextEncoder().encode('not a model at all'))).toThrow('not a linear model')
    expect(() => LinearModel.load(new Uint8Array())).toThrow('not a linear model')
  })
})
