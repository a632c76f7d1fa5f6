from django.urls import path

from importers.views import checklist, delegation, mail_events, public, questions, reminders, start

urlpatterns = [
    path("", public.home, name="home"),
    path("guide/", public.guide, name="guide"),
    path("verify/", public.verify, name="verify"),
    path("privacy/", public.privacy, name="privacy"),
    path("accessibility/", public.accessibility, name="accessibility"),
    path("brand.css", public.brand, name="brand"),
    path("language/", public.language, name="set_language"),
    path("start/<path:token>/", start.start, name="start"),
    path("link/<uuid:uuid>/", start.again, name="start_again"),
    path("link/mailed/", start.new_link_mailed, name="new_link_mailed"),
    path("mail-events/<slug:provider>/", mail_events.reported, name="mail_events"),
    path("reminders/stop/<str:token>/", reminders.stop, name="stop_reminders"),
    path("importers/", checklist.importers, name="importers"),
    path("importers/<uuid:uuid>/", checklist.checklist, name="checklist"),
    path("importers/<uuid:uuid>/question/", questions.ask, name="ask"),
    path("importers/<uuid:uuid>/<slug:key>/", checklist.step, name="step"),
    path("importers/<uuid:uuid>/<slug:key>/question/", questions.question, name="question"),
    path("importers/<uuid:uuid>/<slug:key>/send/", delegation.send, name="send_step"),
    path("importers/<uuid:uuid>/<slug:key>/send/<uuid:sent>/", delegation.take_back, name="take_back_step"),
]
