import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { ByOperator, RunId, TOKEN } from '@aet/contracts';

/** `GET /v1/runs/{runId}/events` */
export class FollowQuery {
  /** Only events after this sequence; `Last-Event-ID` wins over it. */
  @IsOptional()
  @IsInt()
  @Min(0)
  after?: number;
}

/** `GET /v1/runs/{runId}/artifacts/{name}` */
export class ArtifactPath extends RunId {
  @IsString()
  @Matches(/^[A-Za-z0-9][\w.@-]{0,127}$/, { message: 'name must be that of an artifact, as the list of artifacts gives it' })
  name!: string;
}

export class PayloadPath extends RunId {
  @Matches(/^[0-9a-f]{64}$/, { message: 'sha256 must be the checksum of the value, as the reference to it gives it' })
  sha256!: string;
}

/** `GET /v1/knowledge/search` */
export class KnowledgeQuery {
  @IsString()
  @MinLength(1)
  @MaxLength(128)
  project!: string;

  /** What to look for. */
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  q!: string;

  /** 1 to 50; default 10. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(50)
  limit?: number;

  /** Only paths that begin so. */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  pathPrefix?: string;

  @IsOptional()
  @IsIn(['markdown', 'code', 'text'])
  kind?: 'markdown' | 'code' | 'text';
}

/** `/v1/queue/{capability}/…` */
export class CapabilityPath {
  @Matches(TOKEN, { message: 'capability must be the name of a capability' })
  capability!: string;
}

/** Body of `PUT /v1/queue/{capability}/rate`: either `perSecond`, perhaps with `burst`, or `rule`. */
export class RateWord extends ByOperator {
  @IsOptional()
  @IsNumber()
  @Min(0.001)
  @Max(100_000)
  perSecond?: number;

  /** Default: the tasks of one second. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  burst?: number;

  @IsOptional()
  @IsIn(['unlimited', 'configured'])
  rule?: 'unlimited' | 'configured';
}

/** `/v1/dlq/{sequence}` */
export class LetterPath {
  @IsInt()
  @Min(1)
  sequence!: number;
}

/** `DELETE /v1/dlq/{sequence}` */
export class DropQuery {
  /** Why nobody needs it any more. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  reason!: string;

  /** Who says so; absent: `api` or `console`. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;
}
