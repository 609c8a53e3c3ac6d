import type { ModelFacts } from '../contract/model-facts.ts'

/** The end of a model. */
export interface Sunset {
  /** First day, such as `2026-11-30`. */
  readonly day: string
  /** Its beginning in UTC, milliseconds since 1970. */
  readonly startsAt: number
  readonly successor: string | null
}

const dayMs = 86_400_000
const noticeMs = 90 * dayMs

/** When a model ends; null: no end is known. */
export function sunsetOf(facts: ModelFacts): Sunset | null {
  const { sunset_at: day, successor } = facts
  if (day === undefined) return null
  const startsAt = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(startsAt) ? null : { day, startsAt, successor: successor ?? null }
}

/** What an answer of a model that ends within 90 days says; null: it is further off. Before the day only. */
export function sunsetNotice(name: string, sunset: Sunset, at: number): string | null {
  const left = sunset.startsAt - at
  if (left > noticeMs) return null
  const days = Math.ceil(left / dayMs)
  const then = sunset.successor === null ? 'no successor is set' : `then \`${sunset.successor}\` answers`
  return `model \`${name}\` ends on ${sunset.day}, in ${days} ${days === 1 ? 'day' : 'days'}; ${then}`
}
