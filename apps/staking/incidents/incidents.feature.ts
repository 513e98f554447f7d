import type { Feature } from '../feature.js';
import { ClientIncidentsService } from './client-incidents.service.js';
import { IncidentComment } from './incident-comment.entity.js';
import { IncidentRecordController, ProductIncidentsController } from './incidents.controller.js';
import { TimelineService } from './timeline.service.js';

export const incidentsFeature: Feature = {
  entities: [IncidentComment],
  controllers: [IncidentRecordController, ProductIncidentsController],
  providers: [ClientIncidentsService, TimelineService],
};
