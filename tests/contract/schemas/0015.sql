BEGIN TRANSACTION;
CREATE TABLE absent_blob (
	image_id INTEGER NOT NULL, 
	digest VARCHAR(135) NOT NULL, 
	media_type VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_absent_blob PRIMARY KEY (image_id, digest), 
	CONSTRAINT fk_absent_blob_image_id_image FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);
INSERT INTO "absent_blob" VALUES(1,'sha256:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
CREATE TABLE access_key (
	id VARCHAR(128) NOT NULL, 
	principal_id INTEGER NOT NULL, 
	secret_sealed BLOB NOT NULL, 
	active BOOLEAN NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_access_key PRIMARY KEY (id), 
	CONSTRAINT fk_access_key_principal_id_principal FOREIGN KEY(principal_id) REFERENCES principal (id) ON DELETE CASCADE
);
INSERT INTO "access_key" VALUES('AKIADCIYZQUEPRZDYVZE',1,X'019C271E664A29414E8144F2329CB59D9DF3C7FE71F3EAE532E2AD31373167638F1B54F28B43EB6E519F11904FBC9E2A822F02BC11AFB541B325F88D4DA0646F2D5DCA61FC',1,1.79523769634976172442e+09);
CREATE TABLE account (
	id VARCHAR(12) NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (id)
);
INSERT INTO "account" VALUES('000000000000',1.79523769634976172442e+09);
CREATE TABLE account_setting (
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	value VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_account_setting PRIMARY KEY (account, region, name)
);
INSERT INTO "account_setting" VALUES('000000000000','us-east-1','BLOB_MOUNTING','DISABLED');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0015');
CREATE TABLE audit_record (
	id INTEGER NOT NULL, 
	time DOUBLE NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	principal VARCHAR(2048), 
	event VARCHAR(128) NOT NULL, 
	repository VARCHAR(256), 
	error VARCHAR(128), 
	content TEXT NOT NULL, 
	CONSTRAINT pk_audit_record PRIMARY KEY (id)
);
INSERT INTO "audit_record" VALUES(1,1795239000.5,'000000000000','arn:aws:iam::000000000000:user/admin','CreateRepository','kept/one',NULL,'{"eventVersion":"1.11","eventName":"CreateRepository"}');
CREATE TABLE blob (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	encryption_domain VARCHAR(255) NOT NULL, 
	digest VARCHAR(135) NOT NULL, 
	size BIGINT NOT NULL, 
	location VARCHAR(255) NOT NULL, 
	created_at DOUBLE NOT NULL, archived BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT uq_blob_encryption_domain_digest UNIQUE (encryption_domain, digest), 
	CONSTRAINT uq_blob_location UNIQUE (location)
);
INSERT INTO "blob" VALUES(1,'plain','sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',2,'sha256/44/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a.a7e0ac2c',1.79523770150090575216e+09,0);
CREATE TABLE event (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DOUBLE NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	repository VARCHAR(256) NOT NULL, 
	detail_type VARCHAR(64) NOT NULL, 
	content TEXT NOT NULL
);
INSERT INTO "event" VALUES(7,1790000000.5,'000000000000','us-east-1','kept/one','ECR Image Action','{"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "ECR Image Action", "source": "aws.ecr", "account": "000000000000", "time": "2026-09-21T14:13:20Z", "region": "us-east-1", "resources": ["arn:aws:ecr:us-east-1:000000000000:repository/kept/one"], "detail": {"result": "SUCCESS", "repository-name": "kept/one", "image-digest": "sha256:c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", "action-type": "PUSH", "image-tag": "kept"}}');
CREATE TABLE identity_provider (
	arn VARCHAR(2048) NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	url VARCHAR(255) NOT NULL, 
	audiences TEXT NOT NULL, 
	jwks TEXT, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_identity_provider PRIMARY KEY (arn), 
	CONSTRAINT fk_identity_provider_account_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE
);
INSERT INTO "identity_provider" VALUES('arn:aws:iam::000000000000:oidc-provider/ci.example.com','000000000000','https://ci.example.com','["registry"]',NULL,1795237800.5);
CREATE TABLE image (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	repository_id INTEGER NOT NULL, 
	digest VARCHAR(135) NOT NULL, 
	media_type VARCHAR(255) NOT NULL, 
	artifact_type VARCHAR(255), 
	subject VARCHAR(135), 
	annotations TEXT NOT NULL, 
	manifest_size BIGINT NOT NULL, 
	image_size BIGINT NOT NULL, 
	pushed_at DOUBLE NOT NULL, status VARCHAR(10) DEFAULT 'ACTIVE' NOT NULL, last_pulled_at DOUBLE, last_archived_at DOUBLE, last_activated_at DOUBLE, 
	CONSTRAINT fk_image_digest_manifest FOREIGN KEY(digest) REFERENCES manifest (digest), 
	CONSTRAINT fk_image_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE, 
	CONSTRAINT uq_image_repository_id_digest UNIQUE (repository_id, digest)
);
INSERT INTO "image" VALUES(1,1,'sha256:8b69f7d8e07952056bb62d4b8879779e21dc44a4ae00c0501afa9b9923aa9b8f','application/vnd.oci.image.manifest.v1+json','application/vnd.oci.image.config.v1+json',NULL,'{}',258,2,1.79523770151976346971e+09,'ACTIVE',1790000000.5,NULL,1789913600.5);
INSERT INTO "image" VALUES(2,1,'sha256:5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e','application/vnd.oci.image.index.v1+json','application/vnd.oci.image.config.v1+json',NULL,'{}',86,0,1.79523770151976346971e+09,'ARCHIVED',NULL,1790000000.5,NULL);
CREATE TABLE image_blob (
	image_id INTEGER NOT NULL, 
	blob_id INTEGER NOT NULL, 
	media_type VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_image_blob PRIMARY KEY (image_id, blob_id), 
	CONSTRAINT fk_image_blob_blob_id_blob FOREIGN KEY(blob_id) REFERENCES blob (id), 
	CONSTRAINT fk_image_blob_image_id_image FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);
INSERT INTO "image_blob" VALUES(1,1,'application/vnd.oci.image.config.v1+json');
CREATE TABLE image_child (
	image_id INTEGER NOT NULL, 
	digest VARCHAR(135) NOT NULL, 
	CONSTRAINT pk_image_child PRIMARY KEY (image_id, digest), 
	CONSTRAINT fk_image_child_image_id_image FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);
INSERT INTO "image_child" VALUES(2,'sha256:abababababababababababababababababababababababababababababababab');
CREATE TABLE job (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(64) NOT NULL, 
	"key" VARCHAR(512) NOT NULL, 
	payload TEXT NOT NULL, 
	state VARCHAR(9) NOT NULL, 
	priority INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at DOUBLE NOT NULL, 
	owner VARCHAR(36), 
	heartbeat_at DOUBLE, 
	error TEXT, 
	created_at DOUBLE NOT NULL, 
	started_at DOUBLE, 
	finished_at DOUBLE
);
INSERT INTO "job" VALUES(1,'collect-garbage','collect-garbage','{}','done',0,1,1795239630.25,NULL,1795239600.25,NULL,1795239600.25,1795239600.25,1795239601.25);
INSERT INTO "job" VALUES(2,'forget-jobs','forget-jobs','{"kept":true}','queued',0,0,1795239662.25,NULL,NULL,NULL,1795239602.25,NULL,NULL);
INSERT INTO "job" VALUES(3,'preview-lifecycle-policy','1','{}','queued',0,0,1795239000.5,NULL,NULL,NULL,1795239000.5,NULL,NULL);
CREATE TABLE kms_alias (
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	key_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_kms_alias PRIMARY KEY (account, region, name), 
	CONSTRAINT fk_kms_alias_key_id_kms_key FOREIGN KEY(key_id) REFERENCES kms_key (id) ON DELETE CASCADE
);
INSERT INTO "kms_alias" VALUES('000000000000','us-east-1','alias/kept','0b5f64a2-1c9d-4f3e-8a57-2d6c3b9e4a10');
CREATE TABLE kms_key (
	id VARCHAR(36) NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	description TEXT NOT NULL, 
	state VARCHAR(15) NOT NULL, 
	managed BOOLEAN NOT NULL, 
	version INTEGER NOT NULL, 
	created_at DOUBLE NOT NULL, 
	deletion_at DOUBLE, 
	CONSTRAINT pk_kms_key PRIMARY KEY (id)
);
INSERT INTO "kms_key" VALUES('0b5f64a2-1c9d-4f3e-8a57-2d6c3b9e4a10','000000000000','us-east-1','kept','Enabled',0,2,1790000000.5,NULL);
CREATE TABLE kms_key_version (
	key_id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	material BLOB NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_kms_key_version PRIMARY KEY (key_id, version), 
	CONSTRAINT fk_kms_key_version_key_id_kms_key FOREIGN KEY(key_id) REFERENCES kms_key (id) ON DELETE CASCADE
);
INSERT INTO "kms_key_version" VALUES('0b5f64a2-1c9d-4f3e-8a57-2d6c3b9e4a10',1,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C',1790000001.5);
INSERT INTO "kms_key_version" VALUES('0b5f64a2-1c9d-4f3e-8a57-2d6c3b9e4a10',2,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C',1790000002.5);
CREATE TABLE lifecycle_policy (
	repository_id INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	last_evaluated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_lifecycle_policy PRIMARY KEY (repository_id), 
	CONSTRAINT fk_lifecycle_policy_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "lifecycle_policy" VALUES(1,'{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}',1795239000.5);
CREATE TABLE lifecycle_preview (
	id INTEGER NOT NULL, 
	repository_id INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	completed_at DOUBLE, 
	expiring INTEGER NOT NULL, transitioning INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_lifecycle_preview PRIMARY KEY (id), 
	CONSTRAINT fk_lifecycle_preview_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "lifecycle_preview" VALUES(3,1,'{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}',NULL,0,1);
CREATE TABLE lifecycle_preview_image (
	preview_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	digest VARCHAR(135) NOT NULL, 
	tags TEXT NOT NULL, 
	pushed_at DOUBLE NOT NULL, 
	rule_priority INTEGER NOT NULL, action VARCHAR(10) DEFAULT 'expire' NOT NULL, storage_class VARCHAR(8) DEFAULT 'standard' NOT NULL, 
	CONSTRAINT pk_lifecycle_preview_image PRIMARY KEY (preview_id, position), 
	CONSTRAINT fk_lifecycle_preview_image_preview_id_lifecycle_preview FOREIGN KEY(preview_id) REFERENCES lifecycle_preview (id) ON DELETE CASCADE
);
INSERT INTO "lifecycle_preview_image" VALUES(3,0,'sha256:8b69f7d8e07952056bb62d4b8879779e21dc44a4ae00c0501afa9b9923aa9b8f','["v1"]',1.79523770151976346971e+09,1,'expire','standard');
INSERT INTO "lifecycle_preview_image" VALUES(3,1,'sha256:8b69f7d8e07952056bb62d4b8879779e21dc44a4ae00c0501afa9b9923aa9b8f','["v1"]',1.79523770151976346971e+09,1,'transition','standard');
INSERT INTO "lifecycle_preview_image" VALUES(3,2,'sha256:8b69f7d8e07952056bb62d4b8879779e21dc44a4ae00c0501afa9b9923aa9b8f','["v1"]',1.79523770151976346971e+09,1,'expire','archive');
CREATE TABLE manifest (
	digest VARCHAR(135) NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_manifest PRIMARY KEY (digest)
);
INSERT INTO "manifest" VALUES('sha256:8b69f7d8e07952056bb62d4b8879779e21dc44a4ae00c0501afa9b9923aa9b8f',X'7B22736368656D6156657273696F6E223A20322C20226D6564696154797065223A20226170706C69636174696F6E2F766E642E6F63692E696D6167652E6D616E69666573742E76312B6A736F6E222C2022636F6E666967223A207B226D6564696154797065223A20226170706C69636174696F6E2F766E642E6F63692E696D6167652E636F6E6669672E76312B6A736F6E222C2022646967657374223A20227368613235363A34343133366661333535623336373861313134366164313666376538363439653934666234666332316665373765383331306330363066363163616166663861222C202273697A65223A20327D2C20226C6179657273223A205B5D7D');
INSERT INTO "manifest" VALUES('sha256:5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e',X'7B22736368656D6156657273696F6E223A322C226D6564696154797065223A226170706C69636174696F6E2F766E642E6F63692E696D6167652E696E6465782E76312B6A736F6E222C226D616E696665737473223A5B5D7D');
CREATE TABLE master_key (
	id INTEGER NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_master_key PRIMARY KEY (id)
);
INSERT INTO "master_key" VALUES(1,'0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f');
CREATE TABLE policy (
	arn VARCHAR(2048) NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	document TEXT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_policy PRIMARY KEY (arn), 
	CONSTRAINT fk_policy_account_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE
);
INSERT INTO "policy" VALUES('arn:aws:iam::000000000000:policy/push','000000000000','{"Version":"2012-10-17","Statement":[]}',1795237800.5,1795237800.5);
CREATE TABLE principal (
	id INTEGER NOT NULL, 
	account VARCHAR(12) NOT NULL, 
	arn VARCHAR(2048) NOT NULL, 
	user_id VARCHAR(128) NOT NULL, 
	created_at DOUBLE NOT NULL, kind VARCHAR(4) DEFAULT 'user' NOT NULL, name VARCHAR(64) DEFAULT '' NOT NULL, path VARCHAR(512) DEFAULT '/' NOT NULL, tags TEXT DEFAULT '{}' NOT NULL, boundary VARCHAR(2048), trust_policy TEXT, max_session_seconds INTEGER, sessions_valid_from DOUBLE DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_principal PRIMARY KEY (id), 
	CONSTRAINT fk_principal_account_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT uq_principal_arn UNIQUE (arn), 
	CONSTRAINT uq_principal_user_id UNIQUE (user_id)
);
INSERT INTO "principal" VALUES(1,'000000000000','arn:aws:iam::000000000000:user/admin','AIDAO7DB3AG45FOAC5OPA',1.79523769634976172442e+09,'user','admin','/','{}',NULL,NULL,NULL,0.0);
INSERT INTO "principal" VALUES(2,'000000000000','arn:aws:iam::000000000000:role/build/ci','AROAFRUVMDM7TQS2P5JMD',1795237800.5,'role','ci','/build/','{"team": "x"}','arn:aws:iam::000000000000:policy/push','{"Version":"2012-10-17","Statement":[]}',43200,0.0);
CREATE TABLE "principal_policy" (
	principal_id INTEGER NOT NULL, 
	name VARCHAR(2048) NOT NULL, 
	document TEXT, 
	CONSTRAINT pk_principal_policy PRIMARY KEY (principal_id, name), 
	CONSTRAINT fk_principal_policy_principal_id_principal FOREIGN KEY(principal_id) REFERENCES principal (id) ON DELETE CASCADE
);
INSERT INTO "principal_policy" VALUES(1,'AdministratorAccess','{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}');
INSERT INTO "principal_policy" VALUES(2,'arn:aws:iam::000000000000:policy/push',NULL);
INSERT INTO "principal_policy" VALUES(2,'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly',NULL);
CREATE TABLE pull_time_exclusion (
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	principal_arn VARCHAR(2048) NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT pk_pull_time_exclusion PRIMARY KEY (account, region, principal_arn)
);
INSERT INTO "pull_time_exclusion" VALUES('000000000000','us-east-1','arn:aws:iam::000000000000:role/scanner',1790000000.5);
CREATE TABLE registry_policy (
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_registry_policy PRIMARY KEY (account, region)
);
INSERT INTO "registry_policy" VALUES('000000000000','us-east-1','{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"ecr:ReplicateImage","Resource":"*"}]}');
CREATE TABLE repository (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	created_at DOUBLE NOT NULL, 
	tag_mutability VARCHAR(40) NOT NULL, 
	tag_mutability_exclusions TEXT NOT NULL, encryption_domain VARCHAR(255) DEFAULT 'plain' NOT NULL, 
	CONSTRAINT uq_repository_account_region_name UNIQUE (account, region, name)
);
INSERT INTO "repository" VALUES(1,'000000000000','us-east-1','kept/one',1.79523770146762871738e+09,'MUTABLE','[]','plain');
CREATE TABLE repository_blob (
	repository_id INTEGER NOT NULL, 
	blob_id INTEGER NOT NULL, 
	orphaned_at DOUBLE, 
	CONSTRAINT pk_repository_blob PRIMARY KEY (repository_id, blob_id), 
	CONSTRAINT fk_repository_blob_blob_id_blob FOREIGN KEY(blob_id) REFERENCES blob (id), 
	CONSTRAINT fk_repository_blob_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "repository_blob" VALUES(1,1,NULL);
CREATE TABLE repository_creation_template (
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	namespace VARCHAR(257) NOT NULL, 
	prefix VARCHAR(256) NOT NULL, 
	applied_for TEXT NOT NULL, 
	description VARCHAR(256) NOT NULL, 
	tag_mutability VARCHAR(40) NOT NULL, 
	tag_mutability_exclusions TEXT NOT NULL, 
	resource_tags TEXT NOT NULL, 
	repository_policy TEXT, 
	custom_role_arn VARCHAR(2048), 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, lifecycle_policy TEXT, encryption_type VARCHAR(8), kms_key VARCHAR(2048), 
	CONSTRAINT pk_repository_creation_template PRIMARY KEY (account, region, namespace)
);
INSERT INTO "repository_creation_template" VALUES('000000000000','us-east-1','kept/','kept','["CREATE_ON_PUSH", "REPLICATION"]','Repositories of kept','IMMUTABLE_WITH_EXCLUSION','["dev-*"]','{"team": "red"}','{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}','arn:aws:iam::000000000000:role/templates',1795239000.5,1795239001.5,'{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}',NULL,NULL);
CREATE TABLE repository_policy (
	repository_id INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_repository_policy PRIMARY KEY (repository_id), 
	CONSTRAINT fk_repository_policy_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "repository_policy" VALUES(1,'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"ecr:BatchGetImage"}]}');
CREATE TABLE repository_tag (
	repository_id INTEGER NOT NULL, 
	"key" VARCHAR(128) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_repository_tag PRIMARY KEY (repository_id, "key"), 
	CONSTRAINT fk_repository_tag_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "repository_tag" VALUES(1,'team','x');
CREATE TABLE schedule (
	name VARCHAR(64) NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	cron VARCHAR(255) NOT NULL, 
	next_at DOUBLE NOT NULL, 
	fired_at DOUBLE, 
	CONSTRAINT pk_schedule PRIMARY KEY (name)
);
INSERT INTO "schedule" VALUES('collect-garbage','collect-garbage','',1795239900.0,1795239600.25);
CREATE TABLE tag (
	repository_id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	image_id INTEGER NOT NULL, 
	CONSTRAINT pk_tag PRIMARY KEY (repository_id, name), 
	CONSTRAINT fk_tag_image_id_image FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE, 
	CONSTRAINT fk_tag_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "tag" VALUES(1,'v1',1);
CREATE TABLE upload (
	id VARCHAR(36) NOT NULL, 
	repository_id INTEGER NOT NULL, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR(64), 
	parts INTEGER NOT NULL, 
	smallest_inner_part BIGINT, 
	last_part BIGINT, 
	ended BOOLEAN NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_upload PRIMARY KEY (id), 
	CONSTRAINT fk_upload_repository_id_repository FOREIGN KEY(repository_id) REFERENCES repository (id) ON DELETE CASCADE
);
INSERT INTO "upload" VALUES('0b5f64a2-1c9d-4f3e-8a57-2d6c3b9e4a10',1,5,'0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a',1,NULL,5,0,1790000000.5);
CREATE TABLE webhook (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account VARCHAR(12) NOT NULL, 
	region VARCHAR(25) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	url VARCHAR(2048) NOT NULL, 
	secret_sealed BLOB NOT NULL, 
	detail_types TEXT NOT NULL, 
	repositories TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	created_at DOUBLE NOT NULL, 
	CONSTRAINT fk_webhook_account_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT uq_webhook_account_region_name UNIQUE (account, region, name)
);
INSERT INTO "webhook" VALUES(1,'000000000000','us-east-1','kept','https://hooks.example.com/ecr',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C','["ECR Image Action"]','["kept/*"]',1,1790000000.5);
CREATE TABLE webhook_delivery (
	webhook_id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	repository VARCHAR(256) NOT NULL, 
	state VARCHAR(9) NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at DOUBLE NOT NULL, 
	waiting_since DOUBLE NOT NULL, 
	ended_at DOUBLE, 
	error TEXT, 
	CONSTRAINT pk_webhook_delivery PRIMARY KEY (webhook_id, event_id), 
	CONSTRAINT fk_webhook_delivery_webhook_id_webhook FOREIGN KEY(webhook_id) REFERENCES webhook (id) ON DELETE CASCADE, 
	CONSTRAINT fk_webhook_delivery_event_id_event FOREIGN KEY(event_id) REFERENCES event (id) ON DELETE CASCADE
);
INSERT INTO "webhook_delivery" VALUES(1,7,'kept/one','waiting',1,1790000000.5,1790000000.5,NULL,'status 503');
CREATE INDEX ix_image_digest ON image (digest);
CREATE INDEX ix_repository_blob_blob_id ON repository_blob (blob_id);
CREATE INDEX ix_upload_repository_id ON upload (repository_id);
CREATE INDEX ix_upload_updated_at ON upload (updated_at);
CREATE INDEX ix_access_key_principal_id ON access_key (principal_id);
CREATE INDEX ix_image_blob_blob_id ON image_blob (blob_id);
CREATE INDEX ix_image_child_digest ON image_child (digest);
CREATE INDEX ix_tag_image_id ON tag (image_id);
CREATE UNIQUE INDEX ix_principal_account_kind_name ON principal (account, kind, name);
CREATE INDEX ix_policy_account ON policy (account);
CREATE INDEX ix_identity_provider_account ON identity_provider (account);
CREATE INDEX ix_identity_provider_url ON identity_provider (url);
CREATE INDEX ix_audit_record_time ON audit_record (time);
CREATE UNIQUE INDEX uq_job_queued ON job (kind, "key") WHERE state = 'queued';
CREATE UNIQUE INDEX uq_job_running ON job (kind, "key") WHERE state = 'running';
CREATE INDEX ix_job_next ON job (kind, priority, due_at) WHERE state = 'queued';
CREATE INDEX ix_job_state_finished_at ON job (state, finished_at);
CREATE INDEX ix_lifecycle_preview_repository_id ON lifecycle_preview (repository_id);
CREATE INDEX ix_image_not_active ON image (repository_id, id) WHERE status <> 'ACTIVE';
CREATE INDEX ix_blob_archived ON blob (id) WHERE archived = 1;
CREATE INDEX ix_webhook_delivery_event_id ON webhook_delivery (event_id);
CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE state = 'waiting';
CREATE INDEX ix_webhook_delivery_lane ON webhook_delivery (webhook_id, repository, event_id) WHERE state = 'waiting';
CREATE INDEX ix_image_repository_id_subject ON image (repository_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX ix_repository_blob_orphaned_at ON repository_blob (orphaned_at) WHERE orphaned_at IS NOT NULL;
CREATE INDEX ix_kms_key_account_region ON kms_key (account, region);
CREATE INDEX ix_kms_alias_key_id ON kms_alias (key_id);
CREATE INDEX ix_image_repository_id_id ON image (repository_id, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('repository',1);
INSERT INTO "sqlite_sequence" VALUES('blob',1);
INSERT INTO "sqlite_sequence" VALUES('image',2);
INSERT INTO "sqlite_sequence" VALUES('job',3);
INSERT INTO "sqlite_sequence" VALUES('event',7);
INSERT INTO "sqlite_sequence" VALUES('webhook',1);
COMMIT;
