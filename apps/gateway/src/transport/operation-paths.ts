import { RUN_ID, RunId, TOKEN } from '@aet/contracts';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

/** `GET /v1/runs/{runId}/log` */
export class LogQuery {
  /** Only events after this sequence; default 0. */
  @IsOptional()
  @IsInt()
  @Min(0)
  after?: number;

  /** 1 to 1000; default 200. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;
}

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
