/** Makes the value when it is asked for first, and keeps it. One that could not be made is tried again. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => (made ??= { value: make() }).value
}
