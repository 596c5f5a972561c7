import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import type { Citation } from '../finding.js';
import { ServiceName } from '../service-name.js';
import { IDEMPOTENT, rpcMethod } from './method.js';

/** A project's knowledge is its own: every request names the project, and sees no other. */
export class ProjectScoped {
  @IsString()
  @MinLength(1)
  @MaxLength(128)
  project!: string;
}

export class IngestDocument {
  /** Path inside the project, with `/`. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  path!: string;

  @IsString()
  @MaxLength(512 * 1024)
  content!: string;

  /** Commit, or another version of the content. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  revision?: string;
}
export class Ingest extends ProjectScoped {
  @IsArray()
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => IngestDocument)
  documents!: IngestDocument[];

  /** Paths that are gone. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5000)
  @IsString({ each: true })
  removed?: string[];
}
/** The same content again is `unchanged` and costs no write. */
export interface IngestReport {
  added: number;
  updated: number;
  unchanged: number;
  removed: number;
  chunks: number;
}

export class Search extends ProjectScoped {
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  query!: string;

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
export interface SearchHit extends Citation {
  kind: 'markdown' | 'code' | 'text';
  /** Heading or symbol that the chunk stands under. */
  title?: string;
  /** Higher is better; comparable within one answer only. */
  score: number;
}
export interface SearchResult {
  hits: SearchHit[];
}
export interface KnowledgeStats {
  project: string;
  documents: number;
  chunks: number;
  updatedAt?: string;
}

export const KmRpc = {
  ingest: rpcMethod<IngestReport>()(ServiceName.Km, 'ingest', Ingest, "Adds or replaces documents in a project's knowledge."),
  search: rpcMethod<SearchResult>()(
    ServiceName.Km,
    'search',
    Search,
    "Searches a project's knowledge; hits cite file and lines.",
    IDEMPOTENT,
  ),
  stats: rpcMethod<KnowledgeStats>()(ServiceName.Km, 'stats', ProjectScoped, "How much a project's knowledge holds.", IDEMPOTENT),
} as const;
