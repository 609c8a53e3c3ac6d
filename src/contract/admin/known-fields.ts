import { z } from 'zod'

type Step = PropertyKey

/** Names that the schema knows in the object at `path`; empty where it takes any name. For "did you mean". */
export function knownFields(schema: z.core.$ZodType, path: readonly Step[]): readonly string[] {
  const found = new Set<string>()
  for (const place of schemasAt([schema], path)) {
    if (place instanceof z.ZodObject) for (const name of Object.keys(place.shape)) found.add(name)
  }
  return [...found]
}

function schemasAt(schemas: readonly z.core.$ZodType[], path: readonly Step[]): readonly z.core.$ZodType[] {
  const places = schemas.flatMap(unwrap)
  const [step, ...rest] = path
  if (step === undefined) return places
  return schemasAt(
    places.flatMap((place) => childOf(place, step)),
    rest,
  )
}

/** What the schema really describes, behind `optional`, `default`, unions and the like. */
function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.def.innerType)
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly) return unwrap(schema.def.innerType)
  // What is looked at before it is read (`preprocess`) is described by what reads it.
  if (schema instanceof z.ZodPipe)
    return unwrap(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in)
  if (schema instanceof z.ZodLazy) return unwrap(schema.def.getter())
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap(unwrap)
  return [schema]
}

function childOf(schema: z.core.$ZodType, step: Step): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.def.element]
  if (schema instanceof z.ZodRecord) return [schema.def.valueType]
  if (!(schema instanceof z.ZodObject) || typeof step !== 'string') return []
  const shape = schema.shape as z.core.$ZodShape
  const child = Object.hasOwn(shape, step) ? shape[step] : undefined
  return child === undefined ? [] : [child]
}
