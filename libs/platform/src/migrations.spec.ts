import { testDatabase } from '@ncr/embedded/testing';
import { Module } from '@nestjs/common';
import { Client } from 'pg';
import { MigrationInterface, QueryRunner } from 'typeorm';
import { migrate } from './migrations';
import { defineService } from './service';
import { defineSettings } from './settings';

@Module({})
class EmptyModule {}

class First1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE shop.thing (n int); SELECT pg_sleep(0.2)');
  }

  async down(): Promise<void> {}
}

class Second1763700000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO shop.thing VALUES (1)');
  }

  async down(): Promise<void> {}
}

const service = (name: string, migrations: (new () => MigrationInterface)[]) =>
  defineService({ name, module: EmptyModule, entities: [], migrations, settings: defineSettings({}) });

describe('migrations', () => {
  it('run once, each service in a schema of its own, however many processes start at once', async () => {
    const database = await testDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      const services = [service('shop', [First1763700000000, Second1763700000001]), service('gate', [])];
      await Promise.all([
        migrate(services, database.url),
        migrate(services, database.url),
        migrate(services, database.url),
      ]);
      await migrate(services, database.url);
      const { rows } = await client.query(
        'SELECT (SELECT count(*) FROM shop.thing)::int AS things, (SELECT count(*) FROM shop.migration)::int AS done',
      );
      expect(rows).toEqual([{ things: 1, done: 2 }]);
      const schemas = await client.query(`SELECT FROM information_schema.schemata WHERE schema_name = 'gate'`);
      expect(schemas.rowCount).toBe(0);
    } finally {
      await client.end();
      await database.drop();
    }
  });
});
