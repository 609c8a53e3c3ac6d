const openings = [
  'Please summarise the following meeting notes in three short paragraphs and list the open questions at the end.',
  'Write a function that takes a list of orders, groups them by customer, and returns the total of each group.',
  'You are a patient teacher. Explain how a refrigerator moves heat, with an example from everyday life.',
  'Translate this letter into French; keep the tone polite, and leave the names of the products as they are.',
  'Which of these three suppliers should we choose? Compare price, delivery time and the risk of each one.',
]
const sentences = [
  'The team met on Tuesday and agreed to ship the new version in the first week of March.',
  'Sales rose by 4.2 percent compared with last year, mostly because of the northern region.',
  'const total = orders.filter((order) => order.paid).reduce((sum, order) => sum + order.amount, 0)',
  'Nobody had read the manual, which is why the pump ran dry twice before anyone noticed.',
  'See https://docs.example.org/guides/retries?section=3 for how often a request is tried again.',
  'If the customer does not answer within 14 days, the ticket is closed and a survey is sent.',
  'The recipe needs 250 g flour, 3 eggs, a pinch of salt and about half an hour of patience.',
  'Die Rechnung ist bereits bezahlt, aber die Bestätigung fehlt noch.',
]

/** Prompts as people write them, some hundred characters to four thousand: words, some code, few numbers. */
export function ordinaryPrompts(): string[] {
  return Array.from({ length: 60 }, (_, prompt) => {
    const count = 2 + ((prompt * 7) % 40)
    const body = Array.from({ length: count }, (_, at) => sentences[(prompt * 3 + at * 5) % sentences.length] ?? '')
    return `${openings[prompt % openings.length]}\n\n${body.join(prompt % 3 === 0 ? '\n' : ' ')}`
  })
}

/** Texts of so many characters that consist of what detectors look at most closely. */
export function adversarialTexts(characters: number): (readonly [name: string, text: string])[] {
  return alphabets.map(([name, parts]) => [name, filled(parts, characters)])
}

const alphabets: readonly (readonly [name: string, parts: readonly string[]])[] = [
  ['digits', Array.from('0123456789')],
  ['digits and spaces', Array.from('0123456789 ')],
  ['a@', ['a@']],
  ['a@a.', ['a@a.']],
  ['hyphens', ['-']],
  ['hex', Array.from('0123456789abcdef')],
  ['base64', Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')],
  ['emoji', ['😀', '🎉', '👩‍💻']],
  ['spaces', [' ']],
  ['newlines', ['\n']],
  ['(', ['(']],
  ['groups like an IBAN', ['DE89 ', '3704 ', '0044 ', '0532 ', '0130 ', '00 ']],
  ['beginnings of keys', ['sk-', 'ghp_', 'AKIA', 'glpat-', 'xoxb-', 'eyJ', '-']],
  ['beginnings of tokens', ['eyJ-', 'eyJhbGciOi.', 'eyJ.']],
  ['URLs', ['a://b:', 'c@', '://', 'x:y@']],
  ['ignore', ['ignore ', 'all ', 'previous ', 'the ', 'instructions ']],
  ['stars', ['*', 'f*']],
]

function filled(parts: readonly string[], characters: number): string {
  const chosen: string[] = []
  let length = 0
  // A sequence that repeats late and is the same in every run.
  for (let state = 1; length < characters; state = (state * 48_271) % 2_147_483_647) {
    const part = parts[state % parts.length] ?? ' '
    chosen.push(part)
    length += part.length
  }
  return chosen.join('').slice(0, characters)
}
