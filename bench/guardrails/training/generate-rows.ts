import type { Phrases } from './phrases.ts'
import { asianPhrases } from './phrases-asian.ts'
import { easternPhrases } from './phrases-eastern.ts'
import { englishAttacks } from './phrases-english.ts'
import { europeanPhrases } from './phrases-european.ts'
import { harmless, harmlessTasks } from './phrases-harmless.ts'
import { prose, roleTexts } from './phrases-prose.ts'
import { attackSlots, harmlessSlots } from './phrases-slots.ts'
import { generator, type TrainingRow } from './train-linear.ts'

const slots: Readonly<Record<string, readonly string[]>> = { ...attackSlots, ...harmlessSlots }

/** Rows composed of sentences of our own: attacks of the known sorts, and harmless texts with the same words. */
export function generatedRows(seed = 7): TrainingRow[] {
  const random = generator(seed)
  const write = writer(random)
  const rows: TrainingRow[] = [...englishRows(write), ...harmlessRows(write)]
  for (const [language, phrases] of Object.entries({ ...europeanPhrases, ...easternPhrases, ...asianPhrases }))
    rows.push(...rowsOf(phrases, prose[language] ?? [], write))
  return rows
}

interface Writer {
  /** One of them. */
  one(of: readonly string[]): string
  /** A sentence with its braces filled in, sometimes in capitals or small letters. */
  fill(sentence: string): string
  /** Whether it happens, so many times out of a hundred. */
  chance(percent: number): boolean
}

function writer(random: () => number): Writer {
  const one = (of: readonly string[]): string => of[Math.floor(random() * of.length)] ?? ''
  const fill = (sentence: string): string => {
    const filled = sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (slots[name] ? one(slots[name]) : whole))
    return filled.replaceAll('{{', '{').replaceAll('}}', '}')
  }
  return { one, fill, chance: (percent) => random() * 100 < percent }
}

const joints = ['. ', ' and ', ': ', ', then ', '.\n', '! ', '. Instead, ', '. Now ']

function englishRows(write: Writer): TrainingRow[] {
  const { one, fill, chance } = write
  const { override, payload, reveal, secret, unbound, suppress, fake, indirect, indirectLine } = englishAttacks
  const attacks: string[] = []
  const times = (count: number, make: () => string): void => {
    for (let index = 0; index < count; index++) attacks.push(capital(fill(make())))
  }
  const task = (): string => one(harmlessTasks)
  const line = (): string => `${one(override)}${one(joints)}${one([...payload, ...reveal, ...suppress])}`
  times(120, () => one(override))
  times(220, () => `${one(override)}${one(joints)}${one(payload)}`)
  times(90, () => `${one(override)}${one(joints)}${one(reveal)}`)
  times(60, () => `${one(override)}${one(joints)}${one(secret)}`)
  times(140, () => `${task()} ${capital(one(override))}${one(joints)}${one([...payload, ...reveal, ...secret])}`)
  times(60, () => `${one(override)}${one(joints)}${task()}`)
  times(260, () => one(reveal))
  times(40, () => `${task()} ${capital(one(reveal))}`)
  times(140, () => one(secret))
  times(200, () => `${one(unbound)}. ${capital(one(suppress))}.`)
  times(120, () => `${one(unbound)}. ${capital(one(unbound))}. ${capital(one(suppress))}. ${capital(one(suppress))}.`)
  times(60, () => `${one(override)}. ${capital(one(unbound))}. ${capital(one(suppress))}.`)
  times(90, () => `${chance(50) ? `${task()}\n` : ''}${one(fake).replace('{line}', line)}`)
  times(110, () => {
    const wrapped = one(indirect).replace('{line}', () => one(chance(60) ? indirectLine : override))
    return chance(70) ? `${one(documents)} ${wrapped} ${chance(40) ? one(documents) : ''}` : wrapped
  })
  return attacks.map((text) => ({ text, label: 1 }))
}

const documents = [
  'The {thing} is now available in three colours and comes with a guarantee of two years.',
  'Hello {person}, thank you for your order. We will send the {thing} on Monday.',
  'Our shop in {country} opens at nine. Returns are possible within a month.',
  'Work experience: five years as a {profession}, two of them in {country}.',
  'Minutes of the meeting: {person} presents the figures, the {thing} is postponed.',
]

function harmlessRows({ one, fill }: Writer): TrainingRow[] {
  const texts: string[] = []
  for (const sentence of [...harmless, ...roleTexts]) for (let index = 0; index < 6; index++) texts.push(fill(sentence))
  for (let index = 0; index < 150; index++) texts.push(fill(`${one(harmlessTasks)} ${one(harmlessTasks)}`))
  for (let index = 0; index < 120; index++) texts.push(fill(`${one(roleTexts)}\n\n${one(roleTexts)}`))
  for (const sentence of [...harmlessTasks, ...documents, ...documents]) texts.push(fill(sentence), fill(sentence))
  return [...new Set(texts)].map((text) => ({ text, label: 0 }))
}

function rowsOf(phrases: Phrases, longer: readonly string[], { one, chance }: Writer): TrainingRow[] {
  const { override, reveal, secret, unbound, task, near } = phrases
  const attacks = new Set([...override, ...reveal, ...secret, ...unbound])
  for (let index = 0; index < 30; index++) {
    const first = one(override)
    const second = one(chance(50) ? reveal : chance(50) ? secret : unbound)
    attacks.add(chance(40) ? `${one(task)} ${first}. ${second}` : `${first}. ${second}`)
    if (chance(40)) attacks.add(`${one(task)} ${one([...reveal, ...secret])}`)
    if (chance(30)) attacks.add(`${one(unbound)}. ${one([...secret, ...task])}`)
    if (chance(20)) attacks.add(`${first}. ${one(task)}`)
  }
  const texts = new Set([...task, ...near, ...longer])
  for (let index = 0; index < 24; index++) texts.add(`${one(task)} ${one([...task, ...near])}`)
  if (longer.length > 0)
    for (let index = 0; index < 40; index++)
      texts.add(
        [one(longer), one([...longer, ...task]), one([...longer, ...near]), one(longer)]
          .slice(chance(50) ? 2 : 0)
          .join('\n'),
      )
  return [
    ...[...attacks].map((text): TrainingRow => ({ text, label: 1 })),
    ...[...texts].map((text): TrainingRow => ({ text, label: 0 })),
  ]
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
