"""What tests share: clients, processes, projects, fakes and sessions."""
