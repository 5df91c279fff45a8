import os, sys
from django.shortcuts import render

def index(request):
    return render(request, "polls/index.html")

def facts(request):
    from django.http import JsonResponse
    return JsonResponse({"settings": os.environ["DJANGO_SETTINGS_MODULE"],
                         "run_main": os.environ.get("RUN_MAIN")})
