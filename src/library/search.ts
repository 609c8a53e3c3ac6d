import type { BuiltInTemplate } from './template.ts'

const endings = /(?:ions?|ings?|ers?|ors?|ies|es|ed|s|e|y)$/

/**
 * Whether every word asked for occurs in what is said of the template, in whatever form: `translating` finds `translation`.
 * Much simpler than what the database does for stored templates, which is enough for a few dozen that we wrote.
 */
export function mentions(template: BuiltInTemplate, asked: string): boolean {
  const { slug, name, description, category, useCase, domain, tags } = template
  const stems = stemsOf([slug, name, description, category, useCase, domain ?? '', ...tags].join(' '))
  return [...stemsOf(asked)].every((stem) => stems.has(stem))
}

function stemsOf(words: string): ReadonlySet<string> {
  const found = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return new Set(found.map(stemOf))
}

/** Without its ending, where enough is left to tell words apart. */
function stemOf(word: string): string {
  const stem = word.replace(endings, '')
  return stem.length >= 4 ? stem : word
}
