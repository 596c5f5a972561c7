import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { RunId } from '@aet/contracts';

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
