from django.urls import path

from refunds import views

urlpatterns = [
    path("importers/<uuid:uuid>/refunds/", views.refunds, name="refunds"),
    path("importers/<uuid:uuid>/refunds/<int:pk>/entries.<str:ending>", views.download, name="refunds_file"),
]
