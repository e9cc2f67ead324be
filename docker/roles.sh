#!/bin/sh
# Run once, by PostgreSQL's image, in an empty data folder: the users that services and people log in as. What their
# roles may is granted by `integrations database migrate`.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set app="$APP_PASSWORD" --set receiver="$RECEIVER_PASSWORD" --set reader="$READER_PASSWORD" <<'SQL'
create role integrations_app nologin;
create role integrations_receiver nologin;
create role integrations_reader nologin;
create user integrations_run password :'app' in role integrations_app;
create user integrations_receive password :'receiver' in role integrations_receiver;
create user integrations_look password :'reader' in role integrations_reader;
SQL
