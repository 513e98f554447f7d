import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { answer, type Answer, type ClientCaller, ClientDoor, CurrentClient } from '#http';
import { accept, publicId, uuidOf } from '#kernel';
import { requestsTo } from '../cases/case-note.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { openPersonalData } from '../personal-data/personal-data.store.js';
import { required } from '../wire.js';
import { clientView, isEditable } from './application.js';
import type { ApplicationRow } from './application.entity.js';
import { applicationsOf, findApplication } from './application.store.js';
import { ApplicationDto, personalDataOf, personalDataView, SubmitDto } from './applications.dto.js';
import { ApplicationsService } from './applications.service.js';

/** What a client sees of its application: never when, by whom or for which cause something happens on our side. */
@ApiTags('onboarding')
@Controller('v1/onboarding/applications')
@ClientDoor('account')
export class ApplicationsController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly cipher: FieldCipher,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'Begin an application' })
  @Post()
  @HttpCode(201)
  async create(@Body() body: ApplicationDto, @CurrentClient() client: ClientCaller): Promise<Answer> {
    const row = await this.transactor.run(async (em) => accept(await this.applications.create(em, client.clientId, personalDataOf(body))));
    const view = summary(row);
    return answer({ status: 201, body: view, headers: { location: `/v1/onboarding/applications/${view.id}` } });
  }

  @ApiOperation({ summary: 'Your applications' })
  @Get()
  async list(@CurrentClient() client: ClientCaller): Promise<object> {
    const rows = await this.transactor.read((em) => applicationsOf(em, client.clientId));
    return { data: rows.map(summary) };
  }

  @ApiOperation({ summary: 'Your application, with what was asked of you' })
  @Get(':id')
  read(@Param('id') id: string, @CurrentClient() client: ClientCaller): Promise<object> {
    return this.transactor.read(async (em) => {
      const row = await findApplication(em, uuidFrom(id));
      return this.whole(em, accept(required(row?.clientId === client.clientId ? row : null)));
    });
  }

  /** Replaces the data, while the application is a draft or information was requested. */
  @ApiOperation({ summary: 'Replace the data of a draft' })
  @Put(':id')
  async amend(@Param('id') id: string, @Body() body: ApplicationDto, @CurrentClient() client: ClientCaller): Promise<object> {
    const uuid = uuidFrom(id);
    return summary(
      await this.transactor.run(async (em) => accept(await this.applications.amend(em, client.clientId, uuid, personalDataOf(body)))),
    );
  }

  @ApiOperation({ summary: 'Submit it, or answer a request for information' })
  @Post(':id/submit')
  @HttpCode(202)
  async submit(@Param('id') id: string, @Body() body: SubmitDto, @CurrentClient() client: ClientCaller): Promise<object> {
    const uuid = uuidFrom(id);
    return summary(await this.transactor.run(async (em) => accept(await this.applications.submit(em, client.clientId, uuid, body.answer))));
  }

  private async whole(em: EntityManager, row: ApplicationRow): Promise<object> {
    const data = personalDataView(await openPersonalData(em, this.cipher, row.id));
    const requests = isEditable(row.state) ? await requestsTo(em, this.cipher, row.id) : [];
    return { ...summary(row), data, requests: requests.map(({ text, at }) => ({ text, requested_at: at.toISOString() })) };
  }
}

const uuidFrom = (id: string): string => accept(required(uuidOf('application', id)));

const summary = (row: ApplicationRow) => ({
  id: publicId('application', row.id),
  state: clientView(row.state),
  created_at: row.createdAt.toISOString(),
  submitted_at: row.submittedAt?.toISOString() ?? null,
});
