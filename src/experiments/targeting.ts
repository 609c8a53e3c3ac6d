import { type Targeting, type TargetingCondition, targetingComparisons } from '../contract/targeting.ts'

/** What a request says of itself under a name; undefined: nothing. */
export type AttributeOf = (name: string) => string | undefined

/** Whether a request is one that an experiment is for. */
export type TargetingRule = (attribute: AttributeOf) => boolean

type Comparison = (typeof targetingComparisons)[number]
type Test = (value: string) => boolean

/**
 * The conditions as a function. All comparisons of one condition must hold. A request that says nothing of an attribute meets
 * `not_equals`, `not_in` and `exists: false`, and no other comparison. Languages are compared whatever their case; all
 * else to the letter. `language` is the first part of `locale`.
 */
export function compileTargeting(targeting: Targeting): TargetingRule {
  if ('attribute' in targeting) return compileCondition(targeting)
  if (targeting.not !== undefined) {
    const inner = compileTargeting(targeting.not)
    return (attribute) => !inner(attribute)
  }
  if (targeting.any !== undefined) {
    const some = targeting.any.map(compileTargeting)
    return (attribute) => some.some((rule) => rule(attribute))
  }
  const every = (targeting.all ?? []).map(compileTargeting)
  return (attribute) => every.every((rule) => rule(attribute))
}

function compileCondition(condition: TargetingCondition): TargetingRule {
  const { attribute: name } = condition
  const isLanguage = name === 'locale' || name === 'language'
  const fold = isLanguage ? (text: string): string => text.toLowerCase() : (text: string): string => text
  const compared = targetingComparisons.filter((comparison) => condition[comparison] !== undefined)
  const tests = compared.map((comparison) => testOf(condition, comparison, fold))
  const holdsForNothing = compared.every((comparison) => holdsWithout(condition, comparison))
  return (attribute) => {
    const value = name === 'language' ? languageOf(attribute) : attribute(name)
    if (value === undefined) return holdsForNothing
    const folded = fold(value)
    return tests.every((test) => test(folded))
  }
}

function holdsWithout(condition: TargetingCondition, comparison: Comparison): boolean {
  return (
    comparison === 'not_equals' || comparison === 'not_in' || (comparison === 'exists' && condition.exists === false)
  )
}

function languageOf(attribute: AttributeOf): string | undefined {
  return attribute('locale')?.split(/[-_]/, 1)[0]
}

function testOf(condition: TargetingCondition, comparison: Comparison, fold: (text: string) => string): Test {
  const text = (written: string | undefined): string => fold(written ?? '')
  switch (comparison) {
    case 'equals': {
      const wanted = text(condition.equals)
      return (value) => value === wanted
    }
    case 'not_equals': {
      const unwanted = text(condition.not_equals)
      return (value) => value !== unwanted
    }
    case 'in': {
      const wanted = new Set(condition.in?.map(fold))
      return (value) => wanted.has(value)
    }
    case 'not_in': {
      const unwanted = new Set(condition.not_in?.map(fold))
      return (value) => !unwanted.has(value)
    }
    case 'starts_with': {
      const start = text(condition.starts_with)
      return (value) => value.startsWith(start)
    }
    case 'ends_with': {
      const end = text(condition.ends_with)
      return (value) => value.endsWith(end)
    }
    case 'contains': {
      const part = text(condition.contains)
      return (value) => value.includes(part)
    }
    case 'exists':
      return () => condition.exists === true
    case 'above':
    case 'at_least':
    case 'below':
    case 'at_most':
      return numberTest(comparison, condition[comparison] ?? 0)
  }
}

/** A value that is no number is neither above nor below one. */
function numberTest(comparison: 'above' | 'at_least' | 'below' | 'at_most', bound: number): Test {
  const compare = {
    above: (number: number) => number > bound,
    at_least: (number: number) => number >= bound,
    below: (number: number) => number < bound,
    at_most: (number: number) => number <= bound,
  }[comparison]
  return (value) => isNumber.test(value) && compare(Number(value))
}

const isNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/
