/** What people complain about, told from what they wrote. English only: whoever uses this has to say so. */

export interface Complaint {
  /** Of what was written. */
  readonly pattern: RegExp
  readonly what: string
  /** An instruction against it. */
  readonly line: string
}

/** What people write is never put into a prompt, which would let anybody write prompts: only what kind of complaint it is counts. */
const complaints: readonly Complaint[] = [
  {
    pattern: /\b(?:too long|verbose|wordy|rambl\w*|shorter)\b/i,
    what: 'too long',
    line: 'Keep the answer short: say what was asked for, and nothing else.',
  },
  {
    pattern: /\b(?:too short|more detail\w*|incomplete|not enough|superficial)\b/i,
    what: 'too short',
    line: 'Answer every part of the question, with the details that are needed to act on it.',
  },
  {
    pattern: /\b(?:wrong|incorrect|false|made up|invent\w*|hallucinat\w*|not true|inaccurate)\b/i,
    what: 'wrong',
    line: 'State only what you know or were told. When something is missing or uncertain, say so instead of guessing.',
  },
  {
    pattern: /\b(?:rude|unfriendly|cold|impolite|tone|condescending)\b/i,
    what: 'unfriendly',
    line: 'Be polite and friendly, and take the concern of the user seriously.',
  },
  {
    pattern: /\b(?:did(?: not|n'?t) answer|off[- ]topic|irrelevant|not what i asked|missed the (?:point|question))\b/i,
    what: 'beside the question',
    line: 'Answer the very question that was asked, first and directly.',
  },
  {
    pattern: /\b(?:wrong language|in english|not my language|translate)\b/i,
    what: 'in the wrong language',
    line: "Answer in the language of the user's message.",
  },
  {
    pattern: /\b(?:confus\w*|unclear|jargon|hard to (?:read|understand)|complicated)\b/i,
    what: 'hard to understand',
    line: 'Use plain words and short sentences, and explain terms that need it.',
  },
  {
    pattern: /\b(?:repeat\w*|repetit\w*|same thing)\b/i,
    what: 'repetitive',
    line: 'Say each thing once.',
  },
]

/** Only the beginning of a comment is read. */
const longestComment = 2_000
/** `not too long` and `nothing wrong` are no complaints. */
const negated = /\b(?:not|nothing|never|no|isn'?t|wasn'?t|without)\s+(?:\w+\s+)?$/i

/** Kinds of complaint in a text, each once. */
export function complaintsIn(text: string): readonly Complaint[] {
  const read = text.slice(0, longestComment)
  return complaints.filter(({ pattern }) => {
    const found = pattern.exec(read)
    return found !== null && !negated.test(read.slice(0, found.index))
  })
}
