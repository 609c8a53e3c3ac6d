import { describe, expect, test } from 'vitest'
import type { EvidenceOfExchange } from '../../src/evolution/evidence.ts'
import { overlap } from '../../src/evolution/words.ts'
import { ask, body, declined, evidence, exchange, propose } from './strategy-bench.ts'

describe('few-shot examples', () => {
  const good = (question: string, more: Partial<EvidenceOfExchange> = {}) => exchange({ question, score: 1, ...more })

  test('are good recorded answers about different things, the best first', () => {
    const [proposal] = propose(
      'few_shot',
      evidence([
        good('How do I change the delivery address?', { score: 0.9 }),
        good('Where is my parcel now?'),
        good('Where is my parcel now please?'),
        good('May I pay by invoice?', { score: 0.5 }),
      ]),
    )
    expect(proposal?.body.examples?.map(({ user }) => user)).toEqual([
      'Where is my parcel now?',
      'How do I change the delivery address?',
    ])
    expect(proposal?.rationale).toContain('2 recorded answers')
    expect(proposal?.body.messages).toEqual(body.messages)
  })

  test.each([
    ['a guardrail found something or personal data may be in it', { isSensitive: true }],
    ['it was cut', { isComplete: false }],
    ['people complained all the same', { comments: ['Right, but far too long.'] }],
    ['its form was wrong', { outputCheck: 'mismatch' }],
    ['nobody rated it', { score: null }],
    ['its text was not recorded', { answer: null }],
    ['it is long', { answer: 'x'.repeat(3_000) }],
    ['no version can keep it', { answer: 'half a pair \ud800' }],
  ] as const)('are none where %s', (_why, more) => {
    expect(propose('few_shot', evidence([good('Where is it?', more)]))).toEqual([])
  })

  test('are none that a test case asks', () => {
    const testCase = { name: 'parcel', variables: { question: 'Where is "my" parcel?' }, checks: [] }
    expect(propose('few_shot', evidence([good('Where is "my" parcel?')]), { test_cases: [testCase] })).toEqual([])
  })

  test('stay within a bound, with those that are there', () => {
    const there = Array.from({ length: 7 }, (_, at) => ({ user: `example ${at}`, assistant: 'Yes.' }))
    const given = evidence([good('alpha beta gamma'), good('delta epsilon zeta')])
    expect(propose('few_shot', given, { examples: there })[0]?.body.examples).toHaveLength(8)
    expect(propose('few_shot', given, { examples: [...there, ...there] })).toEqual([])
  })

  test('stand for what is asked most, not for what is shortest', () => {
    const asked = ['Where is my red parcel?', 'Where is my blue parcel?', 'Where is the parcel of mine?']
    const many = asked.map((question) => exchange({ question, score: 0.2 }))
    const [proposal] = propose(
      'few_shot',
      evidence([
        good('Thanks!', { answer: 'Bye.' }),
        good('Where is my parcel?', { answer: 'On its way: here is how you follow it step by step.' }),
        ...many,
      ]),
    )
    expect(proposal?.body.examples?.[0]?.user).toBe('Where is my parcel?')
  })

  test('show each label of a classifier before one twice', () => {
    const label = (question: string, answer: string) => good(question, { answer })
    const [proposal] = propose(
      'few_shot',
      evidence([
        label('cheap pills offer', 'spam'),
        label('lottery prize winner', 'spam'),
        label('quick credit loan', 'spam'),
        label('hot singles nearby', 'spam'),
        label('minutes of our meeting on Tuesday', 'ham'),
      ]),
    )
    expect(
      proposal?.body.examples
        ?.slice(0, 2)
        .map(({ assistant }) => assistant)
        .sort(),
    ).toEqual(['ham', 'spam'])
  })

  test('tell questions apart in scripts without spaces', () => {
    const [proposal] = propose(
      'few_shot',
      evidence([good('我的包裹在哪里？'), good('我的包裹现在在哪里？'), good('可以用发票付款吗？')]),
    )
    expect(proposal?.body.examples).toHaveLength(2)
  })

  test('are none in a language that has messages of its own', () => {
    const locales = { de: { messages: [{ role: 'system', content: 'Hallo.' }] } }
    const given = evidence([good('Wo ist mein Paket?', { locale: 'de-AT' }), good('Where is it?', { locale: 'en' })])
    expect(propose('few_shot', given, { locales })[0]?.body.examples?.map(({ user }) => user)).toEqual(['Where is it?'])
  })

  test('send nobody to an address that the prompt does not name', () => {
    const answer = 'See https://shop.example/help for that.'
    const given = evidence([good('Where is it?', { answer })])
    expect(propose('few_shot', given)).toEqual([])
    const messages = [{ role: 'system', content: 'Link to https://shop.example/help when it helps.' }]
    expect(propose('few_shot', given, { messages })).toHaveLength(1)
  })

  test('are of one user at most one', () => {
    const given = evidence([
      good('Where is my parcel?', { unit: 'ada' }),
      good('May one pay by invoice?', { unit: 'ada' }),
      good('Can I change the address?', { unit: 'bob' }),
    ])
    const users = propose('few_shot', given)[0]?.body.examples?.map(({ user }) => user)
    expect(users).toHaveLength(2)
    expect(users).toContain('Can I change the address?')
  })

  test('come with a warning to read them, because names are not recognised', () => {
    const [proposal] = propose('few_shot', evidence([good('Where is it?')]))
    expect(proposal?.warnings.join()).toMatch(/names and postal addresses are not recognised/i)
    expect(proposal?.warnings.join()).toMatch(/read the examples/i)
  })

  test('are not proposed again once they were declined, for whatever version', () => {
    const given = evidence([good('Where is it?'), good('May I pay by invoice?')])
    const [first] = propose('few_shot', evidence([good('Where is it?')]))
    const earlier = [declined('few_shot', first?.parts ?? [])]
    const [second] = propose('few_shot', { ...given, earlier }, { messages: [{ role: 'user', content: 'Another.' }] })
    expect(second?.body.examples?.map(({ user }) => user)).toEqual(['May I pay by invoice?'])
  })

  test('say why there are none', () => {
    expect(ask('few_shot', evidence([exchange({ score: 0.5 }), exchange()])).why).toContain(
      'Of 2 exchanges 1 have a score',
    )
    expect(ask('few_shot', evidence([good('Where?', { isSensitive: true })])).why).toContain('1 may hold personal data')
  })

  test('are told apart by their words', () => {
    expect(overlap('Where is my parcel?', 'where IS the parcel')).toBe(1)
    expect(overlap('change the address', 'pay by invoice')).toBe(0)
    expect(overlap('?', '!')).toBe(0)
  })
})
