import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents and their chunks. `words` is built from `wordsOf` in the process, not by a text search configuration: identifiers are split there. */
export class Knowledge1763700100000 implements MigrationInterface {
  name = 'Knowledge1763700100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE km.document (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        project text NOT NULL,
        path text NOT NULL,
        kind text NOT NULL,
        revision text,
        sha256 text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (project, path)
      );
      CREATE TABLE km.chunk (
        document_id bigint NOT NULL REFERENCES km.document (id) ON DELETE CASCADE,
        ordinal integer NOT NULL,
        start_line integer NOT NULL,
        end_line integer NOT NULL,
        title text,
        body text NOT NULL,
        words tsvector NOT NULL,
        PRIMARY KEY (document_id, ordinal)
      );
      CREATE INDEX chunk_words ON km.chunk USING gin (words);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE km.chunk; DROP TABLE km.document;');
  }
}
