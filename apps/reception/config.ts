import { IsOptional, IsString } from 'class-validator';
import { RoomConfig } from '#runtime';

export class ReceptionConfig extends RoomConfig {
  /** The merged OpenAPI document, written by the build. */
  @IsOptional() @IsString() OPENAPI_PATH?: string;
  /** The list of problems of all rooms, written by the build. */
  @IsOptional() @IsString() PROBLEMS_PATH?: string;
}
