import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import type { Finding, LocalType } from './guardrail.ts'
import { type ReadWord, readWords, sentenceEnd, stemOf } from './topics/word-reading.ts'
import { windowScanner } from './window-scanner.ts'

const mostTopics = 50
const mostPhrases = 200
/** Of all topics together. */
const mostPhrasesInAll = 2_000
const longestPhrase = 128

const phraseRule = `must be a text of 1 to ${longestPhrase} characters`
const phraseText = z.string(phraseRule).min(1, phraseRule).max(longestPhrase, phraseRule)
const weightRule = 'must be a number above 0 and at most 10'
const weighted = z.strictObject({
  text: phraseText,
  weight: z.number(weightRule).gt(0, weightRule).max(10, weightRule).meta({
    description: 'What it counts. A phrase without one counts 1.',
  }),
})
const nameRule = 'must be 1 to 48 lower-case letters, digits or `_`, beginning with a letter, such as `legal_advice`'
const phrasesRule = `must be a list of 1 to ${mostPhrases} phrases: texts, or objects such as \`{"text": "lawsuit", "weight": 0.5}\``
const thresholdRule = 'must be a number above 0 and at most 100'
const deniedRule = `must be a list of 1 to ${mostTopics} topics, such as \`[{"name": "legal_advice", "phrases": ["sue my landlord"]}]\``

const topic = z.strictObject({
  name: z
    .string(nameRule)
    .regex(/^[a-z][a-z0-9_]{0,47}$/, nameRule)
    .meta({ description: 'Its findings are `topic_<name>`.' }),
  phrases: z
    .array(z.union([phraseText, weighted], phrasesRule), phrasesRule)
    .min(1, phrasesRule)
    .max(mostPhrases, phrasesRule)
    .meta({ description: 'Phrases that tell the topic. Case, accents, hyphens and plural endings do not matter.' }),
  threshold: z.number(thresholdRule).gt(0, thresholdRule).max(100, thresholdRule).default(1).meta({
    description: 'How much the different phrases near each other have to count together.',
  }),
})

const settings = z.strictObject({
  denied: z
    .array(topic, deniedRule)
    .min(1, deniedRule)
    .max(mostTopics, deniedRule)
    .meta({ description: 'Topics that must not come up.' }),
})
export type TopicSettings = z.infer<typeof settings>

/** Sentences are judged in windows of this length, with what came before: phrases count together within both. */
const windowing = { windowChars: 600, contextChars: 300 }

/** Finds topics by the phrases that tell them. It knows phrases and not meaning. */
export const topics: LocalType<TopicSettings> = {
  type: 'topics',
  summary: 'Finds topics of your list by the phrases that tell them. It knows words, not what is meant.',
  isRemote: false,
  settings,
  hasSpans: false,
  roles: ['user', 'assistant'],
  create(settings) {
    const judge = compileTopics(settings)
    return { reach: 'windows', open: () => windowScanner(judge, windowing) }
  },
}

interface Phrase {
  readonly topic: number
  readonly weight: number
}
/** Phrases by their words, one word a level. */
interface PhraseNode {
  readonly next: Map<string, PhraseNode>
  readonly ends: Phrase[]
}

const newNode = (): PhraseNode => ({ next: new Map(), ends: [] })

function compileTopics({ denied }: TopicSettings): (text: string, from: number, to: number) => readonly Finding[] {
  if (denied.reduce((sum, each) => sum + each.phrases.length, 0) > mostPhrasesInAll)
    throw new Fault(
      'invalid_request',
      `The topics together must have at most ${mostPhrasesInAll} phrases. Put some of them into a second guardrail.`,
      { param: 'settings.denied' },
    )
  const root = newNode()
  denied.forEach(({ phrases }, topic) => {
    phrases.forEach((phrase, index) => {
      const { text, weight } = typeof phrase === 'string' ? { text: phrase, weight: 1 } : phrase
      let node = root
      for (const { stem } of readWords(text)) if (stem !== sentenceEnd) node = childOf(node, stem)
      if (node === root)
        throw new Fault('invalid_request', 'A phrase must have at least one word. Leave it out.', {
          param: `settings.denied[${topic}].phrases[${index}]`,
        })
      // The same phrase twice, or in its plural, is one.
      if (node.ends.every((end) => end.topic !== topic)) node.ends.push({ topic, weight })
    })
  })
  return (text, from, to) => {
    const weights = weigh(text, from, root)
    return denied.flatMap(({ name, threshold }, index) => {
      const weight = weights.get(index) ?? 0
      // Weights such as 0.1 do not add up exactly.
      if (weight + 1e-9 < threshold) return []
      return [{ kind: `topic_${name}`, start: from, end: to, score: Math.min(1, weight / (2 * threshold)) }]
    })
  }
}

function childOf(node: PhraseNode, stem: string): PhraseNode {
  const child = node.next.get(stem) ?? newNode()
  node.next.set(stem, child)
  return child
}

/**
 * What the different phrases in a text weigh, by topic. One that only stands in the context counts for the topics that have
 * one in the window, and for no other: those were found there already, or not.
 */
function weigh(text: string, from: number, root: PhraseNode): ReadonlyMap<number, number> {
  const words = readWords(text)
  const seen = new Set<Phrase>()
  const inWindow = new Set<number>()
  for (let first = 0; first < words.length; first++) {
    follow(words, first, root, (phrase, end) => {
      seen.add(phrase)
      if (end > from) inWindow.add(phrase.topic)
    })
  }
  const weights = new Map<number, number>()
  for (const { topic, weight } of seen) if (inWindow.has(topic)) weights.set(topic, (weights.get(topic) ?? 0) + weight)
  return weights
}

/** So many words may be written as one: `e-mail` and `email`, `check-in` and `checkin`. */
const mostJoined = 4

/** Tells every phrase that begins at a word. A phrase is short, so there are few ways to go. */
function follow(
  words: readonly ReadWord[],
  first: number,
  node: PhraseNode,
  tell: (phrase: Phrase, end: number) => void,
): void {
  let joined = ''
  for (let at = first; at < Math.min(words.length, first + mostJoined); at++) {
    const word = words[at]
    if (word === undefined) return
    joined += word.stem
    const next = node.next.get(at === first ? joined : stemOf(joined))
    if (next !== undefined) {
      for (const phrase of next.ends) tell(phrase, word.end)
      if (next.next.size > 0) follow(words, at + 1, next, tell)
    }
    if (!word.isJoined) return
  }
}
