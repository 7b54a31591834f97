/** The word that `text` was most likely meant to be; undefined when none is near. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(text.length / 3))
  const [best] = words
    .map(word => ({ word, distance: distanceOf(text.slice(0, 64), word) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
  return best?.word
}

/** How many letters have to be put in, left out, changed, or swapped with their neighbour (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const at = (line: number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY
      const change = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped = row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + change,
          swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = last
    last = current
  }
  return last[b.length] ?? 0
}
