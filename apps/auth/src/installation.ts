import { Injectable, OnModuleInit } from '@nestjs/common';
import { tokenService } from '@ncr/contracts';
import { DataSource } from 'typeorm';

/** Who issues tokens, and for whom; both carry the installation's id, so that no token of another one fits (AC-24). */
@Injectable()
export class Installation implements OnModuleInit {
  private id = '';

  constructor(private readonly db: DataSource) {}

  async onModuleInit(): Promise<void> {
    const [row] = await this.db.query<{ id: string }[]>('SELECT id FROM auth.installation');
    this.id = row.id;
  }

  get issuer(): string {
    return `ncr:${this.id}`;
  }

  get audiences(): { registry: string; management: string } {
    return { registry: `${tokenService}:${this.id}`, management: `ncr-management:${this.id}` };
  }
}
