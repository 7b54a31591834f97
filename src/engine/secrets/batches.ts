/**
 * The rows of a table in batches, in the order of a key. `select` gives those that come after a row, or the first ones.
 * The last batch is empty.
 */
export async function* inBatches<Row>(select: (after: Row | undefined) => PromiseLike<Row[]>): AsyncGenerator<Row[]> {
  for (let after: Row | undefined; ; ) {
    const rows = await select(after)
    yield rows
    after = rows.at(-1)
    if (after === undefined) return
  }
}
