/** How SQLite means to find what a query asks for. */
import { CompiledQuery, type RootOperationNode } from 'kysely';
import type { ReadSide } from '@waymark/projections';

/** The plan of every statement that `run` makes in a snapshot, beside the statement. */
export async function plansOf(
  readSide: ReadSide,
  run: (watched: ReadSide) => Promise<unknown>,
): Promise<{ statement: string; plan: string }[]> {
  const statements: CompiledQuery[] = [];
  const watched: ReadSide = Object.create(readSide, {
    snapshot: {
      value: (read: Parameters<ReadSide['snapshot']>[0], of?: readonly string[]) =>
        readSide.snapshot((db, asAt) => {
          const executor = db.getExecutor();
          const plugin = {
            transformQuery({ node, queryId }: { node: RootOperationNode; queryId: { readonly queryId: string } }) {
              statements.push(executor.compileQuery(node as never, queryId));
              return node;
            },
            transformResult: async <R>({ result }: { result: R }) => result,
          };
          const seen = db.withPlugin(plugin);
          return read(seen, asAt, async (query) => (await query.execute(seen)).rows);
        }, of),
    },
  });
  await run(watched);
  return Promise.all(
    statements.map(async (statement) => {
      const { rows } = await readSide.db.executeQuery<{ detail: string }>(
        CompiledQuery.raw(`explain query plan ${statement.sql}`, [...statement.parameters]),
      );
      return { statement: statement.sql, plan: rows.map(({ detail }) => detail).join('; ') };
    }),
  );
}
