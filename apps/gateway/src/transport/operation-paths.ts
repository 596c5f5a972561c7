import { RUN_ID, RunId, TOKEN } from '@aet/contracts';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** `GET /v1/runs/{runId}/diff/{other}` */
export class RunPair extends RunId {
  @Matches(RUN_ID, { message: 'other must be a UUID of version 7, as given by the submit' })
  other!: string;
}

/** `/v1/schedules/{name}` */
export class SchedulePath {
  @Matches(TOKEN, { message: 'name must be the name of a schedule' })
  name!: string;
}

/** Who says something without a body, and why. */
export class WordQuery {
  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;

  /** Who says so; absent: `api` or `console`. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;
}
