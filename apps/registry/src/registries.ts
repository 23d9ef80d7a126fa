import { Contract, registryChanged, registryCreated, registryDeleted, RegistryFacts } from '@ncr/contracts';
import { publish } from '@ncr/messaging';
import { InternalClient, Problem, RegistryIds, registryUnknown, requireMatch } from '@ncr/platform';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource, EntityManager, IsNull, QueryFailedError } from 'typeorm';
import { RegistryData } from './registry-data';
import { RegistryEntity } from './store/registry.entity';
import { sqlState, uniqueViolation } from './store/sql';

/** How long a change waits for the pushes that are committing below the registry. */
const lockTimeout = "SET LOCAL lock_timeout = '2s'";
const lockNotAvailable = '55P03';

/**
 * Registries, the tenants of an installation. `auth` must know of a change before the answer, so that the next
 * `docker push` finds it: it is told by an idempotent call, and by the event should that fail.
 */
@Injectable()
export class Registries implements RegistryIds {
  constructor(
    private readonly source: DataSource,
    private readonly internal: InternalClient,
    private readonly data: RegistryData,
  ) {}

  /** Those after `cursor`, by name; one more than `limit` says that there are more. */
  async list(
    visible: readonly string[] | undefined,
    page: { cursor: string; limit: number; q: string },
  ): Promise<RegistryEntity[]> {
    const query = this.source
      .createQueryBuilder(RegistryEntity, 'registry')
      .where('registry.deletedAt IS NULL')
      .andWhere('registry.name > :cursor', page)
      .andWhere('strpos(registry.name, :q) > 0', page)
      .orderBy('registry.name')
      .limit(page.limit + 1);
    if (visible) query.andWhere('registry.id = ANY (:visible)', { visible });
    return query.getMany();
  }

  async idOf(name: string): Promise<string | undefined> {
    return (await this.source.manager.findOneBy(RegistryEntity, { name, deletedAt: IsNull() }))?.id;
  }

  /** Throws `registry-unknown`. */
  async find(name: string): Promise<RegistryEntity> {
    const found = await this.source.manager.findOneBy(RegistryEntity, { name, deletedAt: IsNull() });
    if (!found) throw registryUnknown();
    return found;
  }

  /** `settled` is false while `auth` does not know yet. Throws `registry-exists`. */
  async create(wanted: { name: string; anonymousPull: boolean }): Promise<Changed> {
    try {
      return await this.change(registryCreated, (tx) => {
        const registry = tx.create(RegistryEntity, { id: randomUUID(), version: 1, deletedAt: null, ...wanted });
        return tx.save(registry);
      });
    } catch (error) {
      const failure = error instanceof QueryFailedError ? error.driverError : error;
      if (sqlState(failure) !== uniqueViolation) throw error;
      throw new Problem(409, 'registry-exists', `the name ${wanted.name} is taken, perhaps by a deleted registry`, {
        parameters: { name: wanted.name },
      });
    }
  }

  async update(name: string, ifMatch: string | undefined, wanted: { anonymousPull?: boolean }): Promise<Changed> {
    return this.change(registryChanged, async (tx) => {
      const registry = await this.lock(tx, name, ifMatch);
      return tx.save(Object.assign(registry, wanted, { version: registry.version + 1 }));
    });
  }

  /** Puts the registry into the recycle bin: nothing of it can be reached, its name stays taken. */
  async delete(name: string, ifMatch: string | undefined): Promise<Changed> {
    return this.change(registryDeleted, async (tx) => {
      const registry = await this.lock(tx, name, ifMatch);
      await this.excludePushes(tx, registry.id);
      return tx.save(Object.assign(registry, { deletedAt: new Date(), version: registry.version + 1 }));
    });
  }

  private async lock(tx: EntityManager, name: string, ifMatch: string | undefined): Promise<RegistryEntity> {
    const registry = await tx.findOne(RegistryEntity, {
      where: { name, deletedAt: IsNull() },
      lock: { mode: 'pessimistic_write' },
    });
    if (!registry) throw registryUnknown();
    requireMatch(ifMatch, registry.version);
    return registry;
  }

  /** The registry's lock, exclusively: pushes that are committing come first, later ones find it deleted. */
  private async excludePushes(tx: EntityManager, id: string): Promise<void> {
    await tx.query(lockTimeout);
    try {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [id]);
    } catch (error) {
      const failure = error instanceof QueryFailedError ? error.driverError : error;
      if (sqlState(failure) !== lockNotAvailable) throw error;
      throw new Problem(503, 'registry-busy', 'pushes into this registry are still running, try again', {
        headers: { 'Retry-After': '2' },
      });
    }
  }

  private async change(
    contract: Contract<RegistryFacts>,
    work: (tx: EntityManager) => Promise<RegistryEntity>,
  ): Promise<Changed> {
    const registry = await this.source.transaction(async (tx) => {
      const changed = await work(tx);
      await publish(tx, contract, changed.id, factsOf(changed));
      return changed;
    });
    this.data.caches.registries.drop(registry.name);
    return { registry, settled: await this.tellAuth(registry) };
  }

  private async tellAuth(registry: RegistryEntity): Promise<boolean> {
    const facts = { ...factsOf(registry), deleted: registry.deletedAt !== null };
    return this.internal.call('auth', 'PUT', `/internal/registries/${registry.id}`, facts).then(
      () => true,
      () => false,
    );
  }
}

/** A committed change; `settled` once `auth` knows it, too. */
export interface Changed {
  readonly registry: RegistryEntity;
  readonly settled: boolean;
}

function factsOf({ id, name, anonymousPull, version }: RegistryEntity): RegistryFacts {
  return { id, name, anonymousPull, version };
}
