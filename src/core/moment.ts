/** A moment is milliseconds since 1970. Those from 1970 to 9999 have one text form, with a year of four digits, everywhere. */
const firstMoment = 0
const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Whether a database, and everybody who reads from it, can take this moment. */
export function isStorableMoment(moment: number): boolean {
  return moment >= firstMoment && moment <= lastMoment
}
