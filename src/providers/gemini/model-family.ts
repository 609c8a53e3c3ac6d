/** What the name of a model tells about what it takes. */
export interface ModelFamily {
  /** Takes a system instruction. Gemma does not. */
  readonly hasSystemInstruction: boolean
  /** Refuses a turn that called tools when its thought signature is missing: Gemini 3 and later. */
  readonly needsSignatures: boolean
  /** Gives thought signatures at all: Gemini 2.5 and later. */
  readonly givesSignatures: boolean
}

/**
 * Names are open-ended, so what is not known to be old counts as the newest.
 * @param model name, `models/` before it or not.
 */
export function modelFamily(model: string): ModelFamily {
  const name = bareModel(model).toLowerCase()
  if (name.startsWith('gemma')) return { hasSystemInstruction: false, needsSignatures: false, givesSignatures: false }
  const isOld = /^gemini-(1|2\.0|pro(-vision)?$)/.test(name) || !name.includes('gemini')
  const isGemini25 = name.startsWith('gemini-2.5')
  return { hasSystemInstruction: true, needsSignatures: !isOld && !isGemini25, givesSignatures: !isOld }
}

/** The name without `models/`. */
export function bareModel(model: string): string {
  return model.replace(/^models\//, '')
}
