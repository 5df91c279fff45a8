from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render

entries = []


class EntryForm(forms.Form):
    name = forms.CharField(max_length=40)
    text = forms.CharField(max_length=400, widget=forms.Textarea)


def book(request):
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entries.append(form.cleaned_data)
        messages.success(request, "Thank you for your entry.")
        return redirect("book")
    return render(request, "book.html", {"form": form, "entries": entries})


def broken(request):
    raise RuntimeError("this view is broken on purpose")
