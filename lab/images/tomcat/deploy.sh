#!/bin/sh
# The lab's files come read-only in /lab. Only Tomcat reads the password in ROOT.xml.
set -eu
install -d -o root -g tomcat -m 2770 /etc/tomcat9/Catalina/localhost
install -o root -g root -m 644 /lab/ca.pem /etc/tomcat9/lab-ca.pem
install -o azureuser -g azureuser -m 600 /lab/authorized_keys /home/azureuser/.ssh/authorized_keys
put() { # mode, from, to: an unchanged file keeps its time, or Tomcat would deploy it again
    cmp -s "$2" "$3" || install -o root -g tomcat -m "$1" "$2" "$3"
}
put 640 /lab/ROOT.xml /etc/tomcat9/Catalina/localhost/ROOT.xml
put 644 /lab/ROOT.war /var/lib/tomcat9/webapps/ROOT.war
