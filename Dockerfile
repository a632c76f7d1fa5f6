# One image for web, worker and beat; docker-compose.yml says which command each runs.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.lock /
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home portal && install -d -o portal /var/lib/portal
COPY --from=packages /venv /venv
COPY . /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=0 VAR_DIR=/var/lib/portal
# The values hold for this one command and are in no layer: collecting files needs none of them.
RUN export SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
           FINGERPRINT_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
           PUBLIC_URL=https://build.invalid ALLOWED_HOSTS=build.invalid EMAIL_URL=smtp://build.invalid \
           DATABASE_URL=postgres://build@build.invalid/build && \
    python manage.py compile_translations && python manage.py collectstatic --no-input
USER portal
VOLUME /var/lib/portal
EXPOSE 8000
CMD ["gunicorn", "--config", "python:ace_onboarding.gunicorn_config", "ace_onboarding.wsgi", "--bind", "0.0.0.0:8000"]
