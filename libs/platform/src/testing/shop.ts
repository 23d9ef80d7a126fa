import { Body, Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import { event } from '@ncr/contracts';
import { consumerTables, Delivery, Handles, outboxTables, publish } from '@ncr/messaging';
import { IsString, MaxLength } from 'class-validator';
import { Column, DataSource, Entity, MigrationInterface, PrimaryColumn, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { Internal, Public, Requires } from '../access';
import { Caller, CurrentCaller, CurrentRegistry } from '../caller';
import { InternalClient } from '../internal-client';
import { RegistryIds } from '../registry-ids';
import { revocationTable } from '../revocations';
import { defineService } from '../service';
import { defineSettings, SettingsOf, size } from '../settings';

const thingMade = event('event.shop.thing.made', z.object({ name: z.string() }), 'A thing was made.');

const ShopSettings = defineSettings({ NCR_SHOP_LIMIT: size('1KiB').describe('Most that fits.') });
type ShopSettings = SettingsOf<typeof ShopSettings>;

@Entity({ schema: 'shop', name: 'thing' })
export class Thing {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'integer', default: 0 })
  handled!: number;
}

class InitialSchema1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxTables('shop'));
    await runner.query(consumerTables('shop'));
    await runner.query(revocationTable('shop'));
    await runner.query('CREATE TABLE shop.thing (name text PRIMARY KEY, handled integer NOT NULL DEFAULT 0)');
  }

  async down(): Promise<void> {}
}

class MakeThing {
  @IsString()
  @MaxLength(5)
  name!: string;
}

/** Of the only registry that there is, `team`. */
export const registryId = '6f7bd6c1-54ea-4cf1-9d0a-9d5d6a1f4f3e';

@Injectable()
class Names extends RegistryIds {
  override idOf(name: string): Promise<string | undefined> {
    return Promise.resolve(name === 'team' ? registryId : undefined);
  }
}

@Controller()
class ShopController {
  constructor(
    private readonly database: DataSource,
    private readonly client: InternalClient,
    @Inject(ShopSettings) private readonly settings: ShopSettings,
  ) {}

  @Public()
  @Get('api/v1/limit')
  limit(): { limit: number } {
    return { limit: this.settings.NCR_SHOP_LIMIT };
  }

  @Requires('account.view-own')
  @Get('api/v1/me')
  me(@CurrentCaller() caller: Caller): { name: string } {
    return { name: caller.name };
  }

  @Requires('image.delete')
  @Get('api/v1/registries/:registry/things')
  things(@CurrentRegistry() id: string): { id: string } {
    return { id };
  }

  @Requires('registry.create')
  @Post('api/v1/things')
  async make(@Body() body: MakeThing): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.insert(Thing, { name: body.name });
      await publish(tx, thingMade, body.name, { name: body.name });
    });
  }

  @Internal()
  @Get('internal/secret')
  secret(): { secret: number } {
    return { secret: 42 };
  }

  @Public()
  @Get('api/v1/through')
  through(): Promise<{ secret: number }> {
    return this.client.call('shop', 'GET', '/internal/secret');
  }

  @Handles(thingMade, 'shop.counter')
  async count({ payload, tx }: Delivery<{ name: string }>): Promise<void> {
    await tx.increment(Thing, { name: payload.name }, 'handled', 1);
  }
}

@Module({
  controllers: [ShopController],
  providers: [{ provide: RegistryIds, useClass: Names }],
  exports: [RegistryIds],
})
class ShopModule {}

/** A small service with one of everything, to try the platform on. */
export const shop = defineService({
  name: 'shop',
  module: ShopModule,
  entities: [Thing],
  migrations: [InitialSchema1763700000000],
  settings: ShopSettings,
  front: () => ({
    handle(request, response, next) {
      if (request.url === '/front') response.end('front');
      else next(request, response);
    },
  }),
  dataPlane: () => ({
    prefix: '/v2/',
    handle: (_, response) => void response.end('data plane'),
    checkContinue: (_, response) => void response.writeHead(401).end(),
  }),
});
