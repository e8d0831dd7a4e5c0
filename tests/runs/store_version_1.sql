BEGIN TRANSACTION;
CREATE TABLE epoch_metric (
	run_id VARCHAR(40) NOT NULL, 
	epoch INTEGER NOT NULL, 
	train_loss DOUBLE NOT NULL, 
	train_accuracy DOUBLE NOT NULL, 
	last_batch_loss DOUBLE NOT NULL, 
	batches INTEGER NOT NULL, 
	split VARCHAR(16) NOT NULL, 
	eval_loss DOUBLE NOT NULL, 
	eval_accuracy DOUBLE NOT NULL, 
	eval_correct INTEGER NOT NULL, 
	eval_count INTEGER NOT NULL, 
	learning_rate DOUBLE NOT NULL, 
	images_per_second DOUBLE NOT NULL, 
	seconds DOUBLE NOT NULL, 
	PRIMARY KEY (run_id, epoch), 
	FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);
INSERT INTO "epoch_metric" VALUES('20261124-213908-f7b13a',1,1.5,0.4,1.25,4,'validation',1.75,0.5,32,64,0.125,1000.5,0.75);
INSERT INTO "epoch_metric" VALUES('20261124-213908-f7b13a',2,1.5,0.4,1.25,4,'validation',1.75,0.25,32,64,0.125,1000.5,0.75);
CREATE TABLE event (
	id INTEGER NOT NULL, 
	run_id VARCHAR(40) NOT NULL, 
	at DATETIME NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);
INSERT INTO "event" VALUES(1,'20261124-213908-f7b13a','2026-11-24 21:39:08.746374','running','');
INSERT INTO "event" VALUES(2,'20261124-213908-f7b13a','2026-11-24 21:39:08.755570','completed','');
INSERT INTO "event" VALUES(3,'20261124-213908-cd5dec','2026-11-24 21:39:08.757419','queued','');
INSERT INTO "event" VALUES(4,'20261124-213908-6c8af6','2026-11-24 21:39:08.759273','queued','');
INSERT INTO "event" VALUES(5,'20261124-213908-6c8af6','2026-11-24 21:39:08.762875','stopped','Stopped before it began.');
CREATE TABLE run (
	id VARCHAR(40) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	config_json TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	finished_at DATETIME, 
	num_params INTEGER NOT NULL, 
	receptive_field INTEGER NOT NULL, 
	epochs_done INTEGER NOT NULL, 
	best_epoch INTEGER, 
	best_accuracy DOUBLE, 
	last_accuracy DOUBLE, 
	clean_train_accuracy DOUBLE, 
	test_accuracy DOUBLE, 
	device VARCHAR(120), 
	environment_json TEXT NOT NULL, 
	error TEXT, 
	progress_json TEXT, 
	fence INTEGER NOT NULL, 
	owner_host VARCHAR(120), 
	owner_pid INTEGER, 
	owner_started DOUBLE, 
	PRIMARY KEY (id)
);
INSERT INTO "run" VALUES('20261124-213908-f7b13a','done','completed','{"schema_version":1,"name":"done","dataset":"digits","architecture":{"schema_version":1,"name":"tiny","input":{"channels":3,"size":32},"num_classes":10,"nodes":[{"type":"conv","block":"C1","out_channels":8,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C2","out_channels":16,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C3","out_channels":16,"kernel_size":3,"stride":1,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]}],"head":[{"type":"pool","kind":"adaptive_avg","kernel_size":null},{"type":"flatten"},{"type":"linear","out_features":10,"bias":true,"steps":[{"step":"linear"}]}]},"augmentation":{"schema_version":1,"name":"untitled","transforms":[]},"training":{"schema_version":1,"recipe":"custom","epochs":2,"batch_size":64,"optimizer":{"kind":"sgd","learning_rate":0.2,"momentum":0.9,"nesterov":true,"weight_decay":0.0005},"schedule":{"kind":"one_cycle","rise":0.2,"start":0.04,"floor":0.0004},"label_smoothing":0.0,"device":"cpu","augmentation_engine":"albumentations","seed":0,"protocol":"validation","validation_images":null,"limit_train":256,"limit_test":64}}','2026-11-24 21:39:08.744389','2026-11-24 21:39:08.746355','2026-11-24 21:39:08.755547',3922,15,2,1,0.5,0.25,0.75,0.5,'CPU','{"torch": "2.14.1"}',NULL,NULL,1,'vm',28297,11926.28);
INSERT INTO "run" VALUES('20261124-213908-cd5dec','waits','queued','{"schema_version":1,"name":"waits","dataset":"digits","architecture":{"schema_version":1,"name":"tiny","input":{"channels":3,"size":32},"num_classes":10,"nodes":[{"type":"conv","block":"C1","out_channels":8,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C2","out_channels":16,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C3","out_channels":16,"kernel_size":3,"stride":1,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]}],"head":[{"type":"pool","kind":"adaptive_avg","kernel_size":null},{"type":"flatten"},{"type":"linear","out_features":10,"bias":true,"steps":[{"step":"linear"}]}]},"augmentation":{"schema_version":1,"name":"untitled","transforms":[]},"training":{"schema_version":1,"recipe":"custom","epochs":2,"batch_size":64,"optimizer":{"kind":"sgd","learning_rate":0.2,"momentum":0.9,"nesterov":true,"weight_decay":0.0005},"schedule":{"kind":"one_cycle","rise":0.2,"start":0.04,"floor":0.0004},"label_smoothing":0.0,"device":"cpu","augmentation_engine":"albumentations","seed":0,"protocol":"validation","validation_images":null,"limit_train":256,"limit_test":64}}','2026-11-24 21:39:08.756994',NULL,NULL,3922,15,0,NULL,NULL,NULL,NULL,NULL,NULL,'{}',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "run" VALUES('20261124-213908-6c8af6','waits behind','stopped','{"schema_version":1,"name":"waits behind","dataset":"digits","architecture":{"schema_version":1,"name":"tiny","input":{"channels":3,"size":32},"num_classes":10,"nodes":[{"type":"conv","block":"C1","out_channels":8,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C2","out_channels":16,"kernel_size":3,"stride":2,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]},{"type":"conv","block":"C3","out_channels":16,"kernel_size":3,"stride":1,"padding":1,"dilation":1,"groups":1,"channel_multiplier":1,"bias":false,"padding_mode":"zeros","steps":[{"step":"conv"},{"step":"norm","kind":"batch","num_groups":null},{"step":"activation","kind":"relu"},{"step":"dropout","kind":"element","rate":0.1}]}],"head":[{"type":"pool","kind":"adaptive_avg","kernel_size":null},{"type":"flatten"},{"type":"linear","out_features":10,"bias":true,"steps":[{"step":"linear"}]}]},"augmentation":{"schema_version":1,"name":"untitled","transforms":[]},"training":{"schema_version":1,"recipe":"custom","epochs":2,"batch_size":64,"optimizer":{"kind":"sgd","learning_rate":0.2,"momentum":0.9,"nesterov":true,"weight_decay":0.0005},"schedule":{"kind":"one_cycle","rise":0.2,"start":0.04,"floor":0.0004},"label_smoothing":0.0,"device":"cpu","augmentation_engine":"albumentations","seed":0,"protocol":"validation","validation_images":null,"limit_train":256,"limit_test":64}}','2026-11-24 21:39:08.758912',NULL,'2026-11-24 21:39:08.762860',3922,15,0,NULL,NULL,NULL,NULL,NULL,NULL,'{}',NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE store_info (
	schema_version INTEGER NOT NULL, 
	PRIMARY KEY (schema_version)
);
INSERT INTO "store_info" VALUES(1);
CREATE INDEX run_by_creation ON run (created_at, id);
CREATE INDEX run_by_state ON run (state);
CREATE INDEX ix_event_run_id ON event (run_id);
COMMIT;
